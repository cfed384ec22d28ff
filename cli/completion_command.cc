// weightmark completion: scripts for shells, made from the parser itself.
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/options.h"

namespace weightmark::cli {
namespace {

// Entry is one command with what may follow it.
struct Entry {
  std::string path;  // "", "sign", "sign key"
  std::string description;
  std::vector<const CLI::App*> commands;
  std::vector<const CLI::Option*> options;
};

void collect(const CLI::App& app, const std::string& path, std::vector<Entry>& entries) {
  Entry entry{path, app.get_description(), visible_commands(app), {}};
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty() && !option->get_lnames().empty()) entry.options.push_back(option);
  entries.push_back(entry);
  for (const CLI::App* command : entry.commands)
    collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), entries);
}

std::vector<Entry> entries_of(const CLI::App& app) {
  std::vector<Entry> entries;
  collect(app, "", entries);
  return entries;
}

std::string words_of(const Entry& entry) {
  std::string words;
  for (const CLI::App* command : entry.commands) words += command->get_name() + " ";
  for (const CLI::Option* option : entry.options)
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  return words;
}

std::string bash_script(const CLI::App& app) {
  std::string script =
      "# bash completion for weightmark\n"
      "_weightmark() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} path= word words=\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $word in\n"
      "      -*) ;;\n"
      "      *) case \"$path $word\" in\n";
  for (const Entry& entry : entries_of(app))
    if (!entry.path.empty())
      script += fmt::format("        \"{}{}\") path=\"{}\" ;;\n", entry.path.find(' ') == std::string::npos ? " " : "",
                            entry.path, entry.path);
  script += "      esac ;;\n    esac\n  done\n  case $path in\n";
  for (const Entry& entry : entries_of(app))
    script += fmt::format("    \"{}\") words=\"{}\" ;;\n", entry.path, words_of(entry));
  script +=
      "  esac\n"
      "  COMPREPLY=()\n"
      "  case $current in\n"
      "    -*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\") ;;\n"
      "    *) mapfile -t COMPREPLY < <(compgen -W \"${words//--*([^ ])/}\" -- \"$current\"; compgen -f -- "
      "\"$current\") ;;\n"
      "  esac\n"
      "}\n"
      "shopt -s extglob\n"
      "complete -o filenames -F _weightmark weightmark\n";
  return script;
}

std::string quoted(std::string_view text, std::string_view escape_for) {
  std::string quoted_text;
  for (char c : text) {
    if (escape_for.find(c) != std::string_view::npos) quoted_text += '\\';
    quoted_text += c;
  }
  return quoted_text;
}

// fish_condition is true when exactly the words of `path` have been typed.
std::string fish_condition(const std::string& path) {
  std::string condition = "__fish_use_subcommand";
  if (path.empty()) return condition;
  condition = "true";
  for (const std::string& word : CLI::detail::split(path, ' '))
    condition += "; and __fish_seen_subcommand_from " + word;
  return condition;
}

std::string fish_script(const CLI::App& app) {
  std::string script = "# fish completion for weightmark\n";
  for (const Entry& entry : entries_of(app)) {
    std::string condition = fish_condition(entry.path);
    std::string no_command = condition;
    if (!entry.path.empty() && !entry.commands.empty()) no_command += "; and not __fish_seen_subcommand_from";
    for (const CLI::App* command : entry.commands)
      if (!entry.path.empty()) no_command += " " + command->get_name();
    for (const CLI::App* command : entry.commands)
      script += fmt::format("complete -c weightmark -n '{}' -a {} -d '{}'\n", no_command, command->get_name(),
                            quoted(command->get_description(), "'\\"));
    for (const CLI::Option* option : entry.options)
      for (const std::string& name : option->get_lnames())
        script += fmt::format("complete -c weightmark -n '{}' -l {}{} -d '{}'\n", condition, name,
                              takes_value(*option) ? " -r" : "", quoted(option->get_description(), "'\\"));
  }
  return script;
}

// zsh_quoted is for text within single quotes, which zsh ends to escape one.
std::string zsh_quoted(std::string_view text, std::string_view escape_for) {
  return CLI::detail::find_and_replace(quoted(text, escape_for), "'", "'\\''");
}

std::string zsh_function(const std::string& path) {
  std::string name = "_weightmark";
  for (char c : path) name += c == ' ' || c == '-' ? '_' : c;
  return path.empty() ? name : name.insert(11, "_");
}

std::string zsh_option(const CLI::Option& option, const std::string& name) {
  std::string description = zsh_quoted(option.get_description(), "[]:\\");
  std::string repeat = option.get_expected_max() > 1 ? "*" : "";
  std::string value = takes_value(option) ? ":" + option.get_type_name() + ":_files" : "";
  return fmt::format("    '{}--{}[{}]{}'", repeat, name, description, value);
}

std::string zsh_entry(const Entry& entry) {
  std::string text = fmt::format(
      "{}() {{\n  local curcontext=$curcontext state line\n  typeset -A opt_args\n"
      "  _arguments -C \\\n",
      zsh_function(entry.path));
  for (const CLI::Option* option : entry.options)
    for (const std::string& name : option->get_lnames()) text += zsh_option(*option, name) + " \\\n";
  if (entry.commands.empty()) return text + "    '*:file:_files'\n}\n\n";
  text += "    '1:command:((";
  for (const CLI::App* command : entry.commands)
    text += fmt::format("{}\\:\"{}\" ", command->get_name(), zsh_quoted(command->get_description(), "\":\\"));
  text += "))' \\\n    '*::argument:->rest'\n  case $state in\n    rest) case $words[1] in\n";
  for (const CLI::App* command : entry.commands) {
    std::string path = entry.path.empty() ? command->get_name() : entry.path + " " + command->get_name();
    text += fmt::format("      {}) {} ;;\n", command->get_name(), zsh_function(path));
  }
  return text + "    esac ;;\n  esac\n}\n\n";
}

std::string zsh_script(const CLI::App& app) {
  std::string script = "#compdef weightmark\n# zsh completion for weightmark\n\n";
  for (const Entry& entry : entries_of(app)) script += zsh_entry(entry);
  // Read as a file of $fpath this is the function's body; sourced, it registers it.
  return script +
         "if [ \"$funcstack[1]\" = _weightmark ]; then _weightmark \"$@\"; else compdef _weightmark weightmark; fi\n";
}

std::string script_for(const std::string& shell, const CLI::App& app) {
  if (shell == "bash") return bash_script(app);
  if (shell == "zsh") return zsh_script(app);
  return fish_script(app);
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  CLI::App* completion = app.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(one_of({"bash", "zsh", "fish"}));
  completion->callback([shell, &app, &action] {
    action = [shell, &app](Ui&) {
      out(script_for(*shell, app));
      return 0;
    };
  });
}

}  // namespace weightmark::cli
