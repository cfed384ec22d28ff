// The command line's grammar: that of the existing clients and more.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/ui.h"

namespace weightmark::cli {

// Parser turns arguments into an action.
class Parser {
 public:
  Parser();

  // parse returns an exit status when there is nothing more to do: help was
  // printed, or the arguments are wrong (2).
  std::optional<int> parse(std::vector<std::string> arguments, const Ui& ui);

  const Action& action() const { return action_; }
  const CLI::App& app() const { return app_; }

 private:
  // add_common adds to every command what all of them take.
  void add_common(CLI::App& app);
  int complain(std::string what, const Ui& ui) const;

  CLI::App app_;
  Action action_;
  std::string ignored_;
  std::string output_file_;
  std::string timeout_;
};

// normalise makes the other clients' spellings ours: underscores in option names
// become hyphens, a missing method is "sigstore", as it is there, `version` is
// --version, and `help COMMAND` is `COMMAND --help`.
std::vector<std::string> normalise(std::vector<std::string> arguments);

}  // namespace weightmark::cli
