// The text of --help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace weightmark::cli {

// help_text describes one command; `name` is all of its words. For
// CLI::App::formatter_fn.
std::string help_text(const CLI::App* app, const std::string& name, CLI::AppFormatMode mode);

// takes_value is false for flags.
bool takes_value(const CLI::Option& option);

// option_names lists an option's spellings: "-q, --quiet", "--[no-]ignore-git-paths".
std::string option_names(const CLI::Option& option);

// visible_commands and visible_options leave out what is accepted but not shown.
std::vector<const CLI::App*> visible_commands(const CLI::App& app);
std::vector<const CLI::Option*> visible_options(const CLI::App& app);

}  // namespace weightmark::cli
