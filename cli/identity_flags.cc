#include "cli/identity_flags.h"

#include "base/file.h"
#include "base/try.h"
#include "cli/secrets.h"
#include "host/ambient_identity.h"

namespace weightmark::cli {
namespace {

// given_token keeps what was given until the process ends: one run may sign twice.
std::string_view given_token(std::string_view shown) {
  static const Secret kept = take_secret(shown);
  return kept.view();
}

}  // namespace

void IdentityFlags::add_to(CLI::App& method) {
  CLI::Option* text = method.add_option("--identity-token", token,
                                        "The identity token itself; rather name a file, or set SIGSTORE_ID_TOKEN");
  text->type_name("TOKEN");
  CLI::Option* file = method.add_option("--identity-token-file", token_file,
                                        "A file with the identity token: a provider's word on who signs");
  file->type_name("PATH")->excludes(text);
  method
      .add_flag("--use-ambient-credentials", ambient, "Use the identity of the CI job, as is done without a token too")
      ->excludes(text)
      ->excludes(file);
}

Result<std::optional<IdentityToken>> IdentityFlags::obtain(HttpClient& http) const {
  if (!token.empty()) return IdentityToken::parse(given_token(token));
  if (token_file.empty()) return ambient_identity(http, interrupt());
  WM_TRY(const std::string text, read_file(token_file, kMaxIdentityToken));
  return IdentityToken::parse(text);
}

}  // namespace weightmark::cli
