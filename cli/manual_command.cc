// weightmark manual: the man page, made from the parser itself.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/manual_text.h"

namespace weightmark::cli {
namespace {

// roff escapes what mdoc would take for markup.
std::string roff(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else
      escaped += c;
  }
  if (escaped.starts_with('.') || escaped.starts_with('\'')) escaped.insert(0, "\\&");
  return escaped;
}

std::string option_entry(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) names += fmt::format("{}Fl {}", names.empty() ? "" : " , ", name);
  for (const std::string& name : option.get_lnames())
    names += fmt::format("{}Fl \\-{}", names.empty() ? "" : " , ", roff(name));
  if (names.empty())
    names = "Ar " + option.get_name();
  else if (takes_value(option))
    names += " Ar " + option.get_type_name();
  return fmt::format(".It {}\n{}.\n", names, roff(option.get_description()));
}

std::string command_section(const CLI::App& app, const std::string& path) {
  std::string options;
  for (const CLI::Option* option : visible_options(app))
    if (option != app.get_help_ptr()) options += option_entry(*option);
  std::string text = fmt::format(".Ss weightmark {}\n{}.\n", roff(path), roff(app.get_description()));
  return options.empty() ? text : text + ".Bl -tag -width Ds\n" + options + ".El\n";
}

std::string all_commands(const CLI::App& app, const std::string& path) {
  std::string text;
  for (const CLI::App* command : visible_commands(app)) {
    std::string name = path.empty() ? command->get_name() : path + " " + command->get_name();
    bool leaf = command->get_subcommands({}).empty();
    text += leaf ? command_section(*command, name) : all_commands(*command, name);
  }
  return text;
}

}  // namespace

void add_manual(CLI::App& app, Action& action) {
  CLI::App* manual = app.add_subcommand("manual", "Print the man page")->group("");
  manual->callback([&app, &action] {
    action = [&app](Ui&) {
      out(fmt::format("{}{}{}", kManualHead, all_commands(app, ""), kManualTail));
      return 0;
    };
  });
}

}  // namespace weightmark::cli
