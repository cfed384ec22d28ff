// The command line's grammar: that of the existing clients and more.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/ui.h"

namespace weightmark::cli {

// What stands before each word of another program's command line, until TrainFlags takes
// it away.
inline constexpr std::string_view kForeignMark = "=";

// Parser turns arguments into an action.
class Parser {
 public:
  // `only` names the one command to know, "" all. What knows one is made in a fraction
  // of the time; where it does not understand, all are made to say what is wrong.
  explicit Parser(std::string_view only = {});

  // parse returns an exit status when there is nothing more to do: help was
  // printed, or the arguments are wrong (2).
  std::optional<int> parse(std::vector<std::string> arguments, const Ui& ui);

  const Action& action() const { return action_; }
  const CLI::App& app() const { return app_; }

 private:
  // give_up parses again with all commands, so that messages and help know them.
  std::optional<int> give_up(std::vector<std::string> arguments, const Ui& ui);

  // add_common adds to every command what all of them take.
  void add_common(CLI::App& app);
  int complain(std::string what, const Ui& ui) const;
  void explain_default(Error& usage) const;

  CLI::App app_;
  std::unique_ptr<Parser> complete_;  // after give_up
  bool knows_all_;
  Action action_;
  std::string ignored_;
  std::string output_file_;
  std::string default_for_;  // what stood where a method could be named, if none was
  std::string timeout_;
};

// normalise makes the other clients' spellings ours: underscores in option names
// become hyphens, a missing method is "sigstore", as it is there, or "policy" where there is
// one, `version` is --version, `help COMMAND` is `COMMAND --help`, and words after the
// "--" of `train` are marked.
std::vector<std::string> normalise(std::vector<std::string> arguments);

// command_in returns the command that the arguments name, or "".
std::string command_in(std::vector<std::string> arguments);

}  // namespace weightmark::cli
