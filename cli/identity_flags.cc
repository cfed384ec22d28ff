#include "cli/identity_flags.h"

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"
#include "cli/program.h"
#include "cli/secrets.h"
#include "sign/ambient_token.h"

namespace weightmark::cli {
namespace {

Result<std::optional<std::string>> read_if_there(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  WM_TRY(std::string text, read_file(path, kMaxIdentityToken));
  return text;
}

Result<std::optional<IdentityToken>> obtain_here(HttpClient& http) {
  const Surroundings surroundings{http, [](const char* name) { return std::getenv(name); }, read_if_there,
                                  [](const std::vector<std::string>& words) { return run_program(words); }};
  return ambient_token(surroundings, kSigstoreAudience);
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
  if (!token.empty()) return IdentityToken::parse(take_secret(token).view());
  if (token_file.empty()) return obtain_here(http);
  WM_TRY(const std::string text, read_file(token_file, kMaxIdentityToken));
  return IdentityToken::parse(text);
}

}  // namespace weightmark::cli
