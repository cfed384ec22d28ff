#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

namespace weightmark::cli {
namespace {

constexpr std::size_t kLeft = 30;   // where descriptions begin
constexpr std::size_t kWidth = 80;  // of the narrowest usual terminal

// entry renders a name and what it means, the latter wrapped in its own column.
std::string entry(const std::string& name, const std::string& description) {
  std::string text = "  " + name;
  if (text.size() + 2 > kLeft)
    text += '\n' + std::string(kLeft, ' ');
  else
    text.append(kLeft - text.size(), ' ');
  std::size_t column = kLeft;
  for (const std::string& word : CLI::detail::split(description, ' ')) {
    if (column > kLeft && column + 1 + word.size() > kWidth) {
      text += '\n' + std::string(kLeft, ' ');
      column = kLeft;
    }
    if (column > kLeft) text += ' ';
    text += word;
    column += word.size() + (column > kLeft ? 1 : 0);
  }
  return text + '\n';
}

std::string option_entry(const CLI::Option& option) {
  std::string name = option_names(option) + (takes_value(option) ? " " + option.get_type_name() : "");
  return entry(name, option.get_description() + (option.get_required() ? " (required)" : ""));
}

std::vector<const CLI::Option*> positionals(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return option->get_positional(); });
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string text = fmt::format("Usage: {}", name);
  if (!visible_commands(app).empty()) text += app.get_parent() == nullptr ? " COMMAND" : " METHOD";
  text += " [OPTIONS]";
  for (const CLI::Option* option : positionals(app)) text += " " + option->get_name();
  return text + "\n";
}

std::string describe_positionals(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : positionals(app)) text += entry(option->get_name(), option->get_description());
  return text.empty() ? text : "\nArguments:\n" + text;
}

std::string describe_commands(const CLI::App& app) {
  std::string text;
  for (const CLI::App* command : visible_commands(app)) text += entry(command->get_name(), command->get_description());
  return text.empty() ? text : (app.get_parent() == nullptr ? "\nCommands:\n" : "\nMethods:\n") + text;
}

// describe_options begins with those that must be given and ends with --help.
std::string describe_options(const CLI::App& app) {
  std::vector<const CLI::Option*> options = visible_options(app);
  std::ranges::stable_partition(options, [](const CLI::Option* option) { return option->get_required(); });
  std::ranges::stable_partition(options, [&](const CLI::Option* option) { return option != app.get_help_ptr(); });
  std::string text;
  for (const CLI::Option* option : options)
    if (option->nonpositional()) text += option_entry(*option);
  return "\nOptions:\n" + text;
}

}  // namespace

std::vector<const CLI::App*> visible_commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

std::vector<const CLI::Option*> visible_options(const CLI::App& app) {
  return app.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string option_names(const CLI::Option& option) {
  std::string text;
  const std::vector<std::string>& names = option.get_lnames();
  auto has = [&](const std::string& name) { return std::ranges::find(names, name) != names.end(); };
  for (const std::string& name : option.get_snames()) text += fmt::format("{}-{}", text.empty() ? "" : ", ", name);
  for (const std::string& name : names) {
    if (name.starts_with("no-") && has(name.substr(3))) continue;
    text += fmt::format("{}--{}{}", text.empty() ? "" : ", ", has("no-" + name) ? "[no-]" : "", name);
  }
  return text;
}

std::string help_text(const CLI::App* app, const std::string& name, CLI::AppFormatMode) {
  return fmt::format("{}\n\n{}{}{}{}\n{}\n", app->get_description(), usage(*app, name), describe_positionals(*app),
                     describe_commands(*app), describe_options(*app), app->get_footer());
}

}  // namespace weightmark::cli
