// Running commands confined in tests, as root, as an ordinary user, and as what a
// container's filter leaves.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/file.h"
#include "train/confinement.h"

namespace weightmark {

// Whom a test runs as. What tier that gives is for run_confined to find out.
enum class Person {
  kRoot,       // with every right: tier A
  kUser,       // without any, but with user namespaces: tier B
  kContainer,  // neither, under a filter as Docker sets it: tier C
};

std::string name_of(Person person);
// NOLINTNEXTLINE(readability-identifier-naming): gtest's
inline void PrintTo(Person person, std::ostream* out) { *out << name_of(person); }

// CommandOutcome is a ConfinedRun that another process made, or its error.
struct CommandOutcome {
  ConfinedRun run;
  std::optional<ErrorCode> error;
  std::string reason;  // of the error
  std::string output;  // what the command wrote to standard output and error

  std::vector<std::string> paths() const;  // of what was opened
  bool says(std::string_view text) const { return output.contains(text); }
};

// ConfinementTest has a folder with an input, an output, and what must stay out of reach.
// Each run is made by a process of its own, so that the tests may be whoever they like.
class ConfinementTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // want skips the test, and says why, where the machine cannot confine that person's
  // commands.
  void want(Person person);

  std::filesystem::path at(const std::string& name) const { return folder_ / name; }

  // command is the probe with these words.
  std::vector<std::string> probe(const std::vector<std::string>& words) const;

  CommandOutcome run(Person person, const std::vector<std::string>& command);

  // start returns the process that runs the command, and lets it run.
  pid_t start(Person person, const std::vector<std::string>& command);
  CommandOutcome finish(pid_t process);

  // shown_so_far is what was written until `text` was, or a minute was over.
  std::string shown_until(const std::string& text) const;

  Confinement confinement_;
  std::function<void()> before_;  // run by the process first, with its rights

 private:
  [[noreturn]] void be(Person person, const std::vector<std::string>& command);

  std::filesystem::path folder_;
};

// alive says whether a process with that word among its arguments is there.
bool alive(const std::string& word);

// gone waits until there is none, for a minute at most.
bool gone(const std::string& word);

// listen_locally makes a socket that others could connect to; `port` is told.
Fd listen_locally(int& port);
Fd listen_at(const std::string& path);  // "@NAME" is abstract

}  // namespace weightmark
