#include "cli/keyless_flags.h"

#include <fmt/format.h>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "cli/options.h"
#include "cli/question.h"

namespace weightmark::cli {
namespace {

std::string published(const TokenIdentity& identity) {
  return fmt::format("{}, confirmed by {}", printable(identity.name), printable(identity.provider));
}

std::string question(const TokenIdentity& identity) {
  return fmt::format(
      "Sign as {}?\n"
      "This identity is recorded in public logs, with the time, for good.\n"
      "Type yes to go on: ",
      published(identity));
}

// consent asks where there is somebody to ask; a script decided when it was written.
Result<void> consent(const TokenIdentity& identity, bool yes, const Ui& ui) {
  const Fd terminal = yes || !ui.on_terminal() ? Fd() : open_terminal();
  if (!terminal) {
    ui.say(fmt::format("signing as {}; this is recorded in public logs for good", published(identity)));
    return {};
  }
  if (ask_yes(terminal, question(identity))) return {};
  if (interrupt_flag().load()) return refuse(ErrorCode::kInterrupted, "interrupted");
  return refuse(ErrorCode::kIdentityDeclined, "it was not confirmed that this identity may be published", {},
                "nothing was sent or written; `weightmark sign key` signs without an identity");
}

void replace(std::vector<SigningService>& services, const std::string& url, std::int64_t version) {
  if (!url.empty()) services = {{.url = url, .api_version = version, .window = {}, .owner = url}};
}

}  // namespace

void KeylessFlags::add_to(CLI::App& method) {
  identity.add_to(method);
  login.add_to(method);
  trust.add_signing_to(method);
  method.add_option("--fulcio-url", authority_url, "The certificate authority, in place of the configured one")
      ->type_name("URL");
  CLI::Option* log = method.add_option("--rekor-url", log_url, "The transparency log, in place of the configured one");
  log->type_name("URL");
  method.add_option("--rekor-version", log_version, "Which version of Rekor that log is: 1 or 2")
      ->type_name("NUMBER")
      ->check(whole_number(1, 2))
      ->needs(log)
      ->capture_default_str();
  method.add_option("--tsa-url", clock_url, "The timestamp authority, in place of the configured one")
      ->type_name("URL");
  method.add_flag("--yes", yes, "Do not ask whether the identity may be published");
}

Result<SigningConfig> KeylessFlags::read_config(const std::string& json) const {
  WM_TRY(SigningConfig config, parse_signing_config(json));
  replace(config.authorities, authority_url, 1);
  replace(config.logs, log_url, log_version);
  replace(config.clocks, clock_url, 1);
  return config;
}

// obtain_token has a person log in only where nothing else gives a token, or they said so.
Result<IdentityToken> KeylessFlags::obtain_token(HttpClient& http, const SigningConfig& config, const Ui& ui) const {
  if (login.method.empty()) {
    WM_TRY(std::optional<IdentityToken> token, identity.obtain(http));
    if (token) return *std::move(token);
  }
  if (identity.ambient || !login.wanted(ui))
    return refuse(ErrorCode::kTokenMissing, "no identity token was given, and nothing here offers one", {},
                  "give one with --identity-token-file, sign in a CI job that may have identity tokens, or log in "
                  "with --login");
  if (!login.issuer.empty()) return login.log_in(http, login.issuer, ui);
  WM_TRY(const std::string provider, select_provider(config, now()));
  return login.log_in(http, provider, ui);
}

Result<std::unique_ptr<Signer>> KeylessFlags::signer(HttpClient& http, const Ui& ui) const {
  WM_TRY(const SigningSource source, trust.load_for_signing());
  WM_TRY(TrustedRoot root, parse_root(source.root));
  WM_TRY(const SigningConfig config, read_config(source.config));
  return std::make_unique<KeylessSigner>(KeylessOptions{
      .root = std::move(root),
      .config = config,
      .http = &http,
      .clock = now,
      .token = [this, &http, &ui, config] { return obtain_token(http, config, ui); },
      .audience = login.client_id,
      .consent = [this, &ui](const TokenIdentity& who) { return consent(who, yes, ui); },
  });
}

}  // namespace weightmark::cli
