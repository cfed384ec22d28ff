#include "cli/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace weightmark::cli {
namespace {

// Options of the other clients that say how they log. They change nothing here
// and are accepted so that scripts run unchanged.
void add_foreign_options(CLI::App& app) {
  static std::string ignored;
  for (const char* name : {"--log-level", "--log-format"}) app.add_option(name, ignored)->group("");
}

// deepest returns the innermost command that was named.
const CLI::App* deepest(const CLI::App* app) {
  for (auto parsed = app->get_subcommands(); !parsed.empty(); parsed = app->get_subcommands()) app = parsed.back();
  return app;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); }))
    names.push_back(command->get_name());
  return names;
}

std::string suggestion(const CLI::App& app, const std::string& word) {
  std::string near = nearest(word.substr(0, word.find('=')), word.starts_with("-") ? option_names(app) : command_names(app));
  return near.empty() ? "" : fmt::format("did you mean {}?", near);
}

}  // namespace

const std::vector<std::string>& methods() {
  static const std::vector<std::string> list = {"sigstore", "key", "certificate", "pkcs11-key", "pkcs11-certificate"};
  return list;
}

std::vector<std::string> normalise(std::vector<std::string> arguments) {
  bool after_separator = false;
  for (std::string& argument : arguments) {
    after_separator = after_separator || argument == "--";
    if (after_separator || !argument.starts_with("--")) continue;
    auto end = argument.begin() + static_cast<std::ptrdiff_t>(std::min(argument.find('='), argument.size()));
    std::replace(argument.begin(), end, '_', '-');
  }
  auto command = std::ranges::find_if(arguments, [](const std::string& a) { return a == "sign" || a == "verify"; });
  if (command == arguments.end() || command + 1 == arguments.end()) return arguments;
  const std::string& next = *(command + 1);
  bool has_method = std::ranges::find(methods(), next) != methods().end() || next == "--help" || next == "-h";
  if (!has_method) arguments.insert(command + 1, "sigstore");
  return arguments;
}

Parser::Parser() : app_("Sign and verify machine-learning models", "weightmark") {
  app_.set_version_flag("--version", std::string("weightmark " WEIGHTMARK_VERSION), "Print the version");
  app_.get_formatter()->column_width(34);
  app_.require_subcommand(1);
  app_.footer("Exit status: 0 verified or done, 1 refused, 2 wrong usage, 3 could not decide, 130 interrupted.");
  add_foreign_options(app_);
  add_sign(app_, action_);
  add_verify(app_, action_);
  add_digest(app_, action_);
  add_inspect(app_, action_);
  add_completion(app_, action_);
  add_manual(app_, action_);
}

std::optional<int> Parser::parse(std::vector<std::string> arguments, const Ui& ui) {
  arguments = normalise(std::move(arguments));
  std::ranges::reverse(arguments);  // the library takes them last first
  try {
    app_.parse(std::move(arguments));
    return std::nullopt;
  } catch (const CLI::Success& success) {
    return app_.exit(success);  // --help and --version
  } catch (const CLI::ParseError& error) {
    return complain(error, ui);
  }
}

int Parser::complain(const CLI::ParseError& error, const Ui& ui) const {
  const CLI::App* command = deepest(&app_);
  Error usage{ErrorCode::kUsage, error.what(), {}, {}};
  std::vector<std::string> extra = app_.remaining(true);
  if (!extra.empty()) {
    usage.what = fmt::format("{} is not {} of `{}`", extra.front(), extra.front().starts_with("-") ? "an option" : "an argument",
                             command->get_display_name());
    usage.hint = suggestion(*command, extra.front());
  }
  if (usage.hint.empty()) usage.hint = "`weightmark --help` and `weightmark COMMAND --help` say more";
  ui.error(usage);
  return static_cast<int>(ErrorClass::kUsage);
}

}  // namespace weightmark::cli
