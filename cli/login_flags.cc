#include "cli/login_flags.h"

#include <fmt/format.h>

#include "base/refuse.h"
#include "base/text.h"
#include "cli/browser.h"
#include "cli/options.h"
#include "cli/question.h"
#include "cli/secrets.h"
#include "host/network.h"

namespace weightmark::cli {
namespace {

constexpr std::size_t kMaxCode = 4096;

Result<IdentityToken> in_browser(const LoginOptions& options, const Ui& ui) {
  return log_in_by_browser(options, [&](const std::string& url) {
    ui.instruct(fmt::format("log in in the browser; where none opens, go to\n  {}", printable(url)));
    open_browser(url);
  });
}

Result<IdentityToken> on_device(const LoginOptions& options, const Ui& ui) {
  return log_in_by_device(options, [&](const DeviceCode& code) {
    const bool complete = !code.complete_url.empty();
    ui.instruct(fmt::format("log in on any machine, at\n  {}", printable(complete ? code.complete_url : code.url)));
    ui.instruct(fmt::format("{} {}", complete ? "go on there only if it shows the code" : "with the code",
                            printable(code.user_code)));
  });
}

Result<IdentityToken> with_code(const LoginOptions& options, const Ui& ui) {
  return log_in_by_code(options, [&](const std::string& url) -> Result<std::string> {
    const Fd terminal = open_terminal();
    if (!terminal)
      return refuse(ErrorCode::kTokenMissing, "there is no terminal to type a code at", {},
                    "log in with --login device, or give --identity-token-file");
    ui.instruct(fmt::format("log in on any machine, at\n  {}", printable(url)));
    std::string code = ask_line(terminal, "Type the code that is shown there: ", kMaxCode);
    if (interrupt_flag().load()) return refuse(ErrorCode::kInterrupted, "interrupted");
    return code;
  });
}

// Without a screen another machine is the way, and a code by hand where the provider does
// not know that way.
Result<IdentityToken> by_what_is_here(const LoginOptions& options, const Ui& ui) {
  if (has_browser()) return in_browser(options, ui);
  auto token = on_device(options, ui);
  if (token || token.error().code != ErrorCode::kTokenMissing) return token;
  return with_code(options, ui);
}

}  // namespace

void LoginFlags::add_to(CLI::App& command) {
  CLI::Option* way =
      command.add_option("--login", method,
                         "Log in in a browser here, on any other device, or with a code that is typed here; where "
                         "there is a terminal and no token, the first of these that is possible");
  way->type_name("WAY")
      ->check(one_of({"browser", "device", "code"}))
      ->excludes("--identity-token", "--identity-token-file", "--use-ambient-credentials");
  // As the Python client has it: a token comes first there, too.
  command.add_flag("--oauth-force-oob", force_code, "Where a person has to log in, do so with a code")->excludes(way);
  command.add_option("--oidc-issuer", issuer, "The identity provider to log in at, in place of the configured one")
      ->type_name("URL");
  command.add_option("--client-id", client_id, "As whom the provider knows this program")
      ->type_name("NAME")
      ->capture_default_str();
  command.add_option("--client-secret", client_secret, "What the provider gave it to prove that")->type_name("SECRET");
}

bool LoginFlags::wanted(const Ui& ui) const {
  return !method.empty() || force_code || (ui.on_terminal() && open_terminal());
}

LoginOptions LoginFlags::options(HttpClient& http, const std::string& provider) const {
  LoginOptions options;
  options.issuer = issuer.empty() ? provider : issuer;
  options.client_id = client_id;
  options.client_secret = take_secret(client_secret);
  options.http = &http;
  options.stop = &interrupt_flag();
  options.wait = [](std::chrono::milliseconds time) { return wait(time, interrupt()); };
  return options;
}

Result<IdentityToken> LoginFlags::log_in(HttpClient& http, const std::string& provider, const Ui& ui) const {
  const LoginOptions chosen = options(http, provider);
  if (method == "browser") return in_browser(chosen, ui);
  if (method == "device") return on_device(chosen, ui);
  if (method == "code" || force_code) return with_code(chosen, ui);
  return by_what_is_here(chosen, ui);
}

}  // namespace weightmark::cli
