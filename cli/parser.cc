#include "cli/parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "cli/help.h"
#include "cli/time_limit.h"

namespace weightmark::cli {
namespace {

using Arguments = std::vector<std::string>;

// deepest returns the innermost command that was named.
const CLI::App* deepest(const CLI::App* app) {
  for (auto parsed = app->get_subcommands(); !parsed.empty(); parsed = app->get_subcommands()) app = parsed.back();
  return app;
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> spellings(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : visible_options(app))
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : visible_commands(app)) names.push_back(command->get_name());
  return names;
}

std::string suggestion(const CLI::App& app, const std::string& word) {
  std::string near =
      nearest(word.substr(0, word.find('=')), word.starts_with("-") ? spellings(app) : command_names(app));
  return near.empty() ? "" : fmt::format("did you mean {}?", near);
}

// refuse_empty catches what an unset variable of a script leaves: an empty value
// must not pass for an option that was not given.
void refuse_empty(CLI::Option& option) {
  option.check(
      CLI::Validator([](std::string& value) { return std::string(value.empty() ? "the value is empty" : ""); }, ""));
}

// These go on with a method, others with a command of their own.
bool has_methods(std::string_view command) {
  static constexpr std::array<std::string_view, 8> kNames = {"sign", "verify", "seal", "attest", "verify-attestation",
                                                             "train", "card", "bom"};
  return std::ranges::find(kNames, command) != kNames.end();
}

// in_our_words turns the library's messages into ours (ui.h says how those read).
std::string in_our_words(const CLI::ParseError& error, const CLI::App& command) {
  std::string what = error.what();
  std::string subject = what.substr(0, what.find(':'));
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !visible_commands(command).empty())
    return fmt::format("`{}` needs a {}", full_name(command), has_methods(command.get_name()) ? "method" : "command");
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return subject + (what.find("At Most") != std::string::npos ? " is given more than once" : " needs a value");
  bool sentence = what.size() > 1 && std::islower(static_cast<unsigned char>(what[1])) != 0;
  if (sentence) what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
  return what;
}

std::string hint_for(const CLI::App& command) {
  if (command.get_parent() == nullptr && !command.get_subcommands().empty()) return "`weightmark --help` says more";
  if (visible_commands(command).empty()) return fmt::format("`{} --help` says more", full_name(command));
  return fmt::format("name one of {}; `{} --help` says more", fmt::join(command_names(command), ", "),
                     full_name(command));
}

// Command is one that a parser can do without the others. The completion script and the
// manual tell of all.
struct Command {
  std::string_view name;
  void (*add)(CLI::App& app, Action& action);
};

constexpr std::array<Command, 12> kCommands = {{{"sign", add_sign},
                                                {"verify", add_verify},
                                                {"seal", add_seal},
                                                {"digest", add_digest},
                                                {"inspect", add_inspect},
                                                {"trust", add_trust},
                                                {"timestamp", add_timestamp_command},
                                                {"attest", add_attest},
                                                {"train", add_train},
                                                {"verify-attestation", add_verify_attestation},
                                                {"card", add_card},
                                                {"bom", add_bom}}};

// Options that may stand before the command, with a value of their own.
bool takes_value_before_command(std::string_view option) {
  static constexpr std::array<std::string_view, 5> kNames = {"--log-level", "--log-format", "--output-file",
                                                             "--timeout", "-t"};
  return std::ranges::find(kNames, option) != kNames.end();
}

// find_command skips the options before the command.
Arguments::iterator find_command(Arguments& arguments) {
  auto at = arguments.begin();
  while (at != arguments.end() && at->starts_with("-")) {
    bool skip_value = takes_value_before_command(*at) && at + 1 != arguments.end();
    at += skip_value ? 2 : 1;
  }
  return at;
}

bool takes_policy(std::string_view command) { return command == "verify" || command == "seal"; }

bool is_method(std::string_view command, const std::string& word) {
  return std::ranges::find(methods(), word) != methods().end() || (takes_policy(command) && word == "policy");
}

bool names_policy(Arguments::const_iterator from, Arguments::const_iterator end) {
  const auto last = std::find(from, end, "--");
  return std::any_of(from, last, [](const std::string& argument) {
    return argument == "--policy" || argument.starts_with("--policy=");
  });
}

// lacks_method says whether a command that has methods is followed by something else.
bool lacks_method(const Arguments& arguments, Arguments::const_iterator command) {
  if (command == arguments.end() || command + 1 == arguments.end()) return false;
  if (!has_methods(*command)) return false;
  const std::string& next = *(command + 1);
  return !is_method(*command, next) && next != "--help" && next != "-h";
}

// expand_pin: pinning is verifying, with something to remember in the end.
void expand_pin(Arguments& arguments, Arguments::iterator& command) {
  if (*command != "trust" || command + 1 == arguments.end() || *(command + 1) != "pin") return;
  auto at = arguments.erase(command);
  *at = "verify";
  const auto index = at - arguments.begin();
  const bool named = at + 1 != arguments.end() && is_method(*at, *(at + 1));
  arguments.insert(at + (named ? 2 : 1), "--pin");
  command = arguments.begin() + index;
}

// mark_foreign keeps the parser from reading anything into the words of another program:
// it would split "[1,2]", and refuses what is empty.
void mark_foreign(Arguments& arguments, Arguments::iterator command) {
  if (*command != "train") return;
  const auto end = std::find(command, arguments.end(), "--");
  for (auto at = end; at != arguments.end(); ++at)
    if (at != end) at->insert(0, kForeignMark);
}

void add_method(Arguments& arguments, Arguments::iterator command) {
  if (!lacks_method(arguments, command)) return;
  const bool policy = takes_policy(*command) && names_policy(command + 1, arguments.end());
  arguments.insert(command + 1, policy ? "policy" : "sigstore");
}

}  // namespace

const std::vector<std::string>& methods() {
  static const std::vector<std::string> list = {"sigstore", "key", "certificate", "pkcs11-key", "pkcs11-certificate"};
  return list;
}

std::vector<std::string> normalise(std::vector<std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (!arguments[i].starts_with("--")) continue;
    std::size_t end = std::min(arguments[i].find('='), arguments[i].size());
    std::replace(arguments[i].begin(), arguments[i].begin() + static_cast<std::ptrdiff_t>(end), '_', '-');
    if (end + 1 != arguments[i].size()) continue;
    // Of "--name=" the library would take the next argument for the value.
    arguments[i].pop_back();
    arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(++i), "");
  }
  auto command = find_command(arguments);
  if (command == arguments.end()) return arguments;
  if (*command == "version") return {"--version"};
  if (*command == "help") {
    arguments.erase(command);
    arguments.emplace_back("--help");
    return arguments;
  }
  expand_pin(arguments, command);
  mark_foreign(arguments, command);
  add_method(arguments, command);
  return arguments;
}

std::string command_in(std::vector<std::string> arguments) {
  arguments = normalise(std::move(arguments));
  auto command = find_command(arguments);
  return command == arguments.end() ? "" : *command;
}

Parser::Parser(std::string_view only)
    : app_("Sign and verify machine-learning models", "weightmark"),
      knows_all_(std::ranges::find(kCommands, only, &Command::name) == kCommands.end()) {
  app_.set_version_flag("--version", "weightmark " WEIGHTMARK_VERSION, "Print the version");
  app_.set_help_flag("-h,--help", "Print this help");
  app_.formatter_fn(help_text);
  app_.require_subcommand(1);
  app_.footer(
      "Exit status: 0 verified or done, 1 refused, 2 wrong usage, 3 could not decide,\n4 unsigned but allowed by the "
      "policy, 130 interrupted.");
  for (const Command& command : kCommands)
    if (knows_all_ || command.name == only) command.add(app_, action_);
  if (knows_all_) {
    add_completion(app_, action_);
    add_manual(app_, action_);
  }
  add_common(app_);
  app_.footer(
      "Examples:\n"
      "  weightmark sign ./model\n"
      "  weightmark sign key --private-key key.pem ./model\n"
      "  weightmark verify key --public-key key.pub ./model\n"
      "  weightmark verify --policy policy.yaml ./model\n"
      "  weightmark inspect ./model\n\n" +
      app_.get_footer());
}

void Parser::add_common(CLI::App& app) {
  // Of the other clients: how they log. Accepted so that scripts run unchanged.
  for (const char* name : {"--log-level", "--log-format"}) app.add_option(name, ignored_)->group("");
  app.add_option("--output-file", output_file_)->type_name("PATH")->group("");
  bool shown = app.get_option_no_throw("MODEL") != nullptr;
  app.add_option("-t,--timeout", timeout_, "Give up after this long, such as 90s or 1h30m")
      ->type_name("TIME")
      ->check(duration())
      ->group(shown ? "Options" : "");
  for (CLI::Option* option : app.get_options({}))
    if (takes_value(*option)) refuse_empty(*option);
  for (CLI::App* command : app.get_subcommands({})) add_common(*command);
}

std::optional<int> Parser::parse(std::vector<std::string> arguments, const Ui& ui) {
  if (arguments.empty()) {
    ui.help(app_.help());
    return static_cast<int>(ErrorClass::kUsage);
  }
  auto command = find_command(arguments);
  if (lacks_method(arguments, command) && !names_policy(command + 1, arguments.end())) default_for_ = *(command + 1);
  std::vector<std::string> normal = normalise(arguments);
  std::ranges::reverse(normal);  // the library takes them last first
  try {
    app_.parse(std::move(normal));
  } catch (const CLI::Success& success) {
    return knows_all_ ? app_.exit(success) : give_up(std::move(arguments), ui);  // --help and --version
  } catch (const CLI::ParseError& error) {
    return knows_all_ ? complain(in_our_words(error, *deepest(&app_)), ui) : give_up(std::move(arguments), ui);
  }
  if (!output_file_.empty()) ui.warn("--output-file is ignored: messages go to standard error");
  if (!timeout_.empty()) limit_time(parse_duration(timeout_).value());
  return std::nullopt;
}

// explain_default tells of the method that was not named: it may have been misspelt.
void Parser::explain_default(Error& usage) const {
  const CLI::App* command = deepest(&app_)->get_parent();
  if (default_for_.empty() || command == nullptr) return;
  Arguments others = command_names(*command);
  std::erase(others, "sigstore");
  if (const std::string near = nearest(default_for_, others); !near.empty()) {
    usage.what = fmt::format("{} is not a method of `{}`", default_for_, full_name(*command));
    usage.hint = fmt::format("did you mean {}?", near);
  } else if (usage.hint.empty()) {
    usage.hint = fmt::format("or name another method after `{}`: {}", command->get_name(), fmt::join(others, ", "));
  }
}

std::optional<int> Parser::give_up(std::vector<std::string> arguments, const Ui& ui) {
  complete_ = std::make_unique<Parser>();
  auto status = complete_->parse(std::move(arguments), ui);
  action_ = complete_->action();
  return status;
}

int Parser::complain(std::string what, const Ui& ui) const {
  const CLI::App* command = deepest(&app_);
  Error usage{ErrorCode::kUsage, std::move(what), {}, {}};
  std::vector<std::string> extra = app_.remaining(true);
  if (!extra.empty()) {
    std::string_view kind = extra.front().starts_with("-")       ? "an option"
                            : visible_commands(*command).empty() ? "an argument"
                                                                 : "a command";
    usage.what = fmt::format("{} is not {} of `{}`", extra.front(), kind, full_name(*command));
    usage.hint = suggestion(*command, extra.front());
  }
  explain_default(usage);
  if (usage.hint.empty()) usage.hint = hint_for(*command);
  ui.error(usage);
  return static_cast<int>(ErrorClass::kUsage);
}

}  // namespace weightmark::cli
