#include "cli/identity_flags.h"

#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"
#include "cli/secrets.h"

namespace weightmark::cli {

void IdentityFlags::add_to(CLI::App& method) {
  CLI::Option* text = method.add_option("--identity-token", token, "The identity token itself");
  text->type_name("TOKEN");
  method.add_option("--identity-token-file", token_file, "A file with the identity token")
      ->type_name("PATH")
      ->excludes(text);
}

Result<IdentityToken> IdentityFlags::obtain() const {
  if (!token.empty()) return IdentityToken::parse(take_secret(token).view());
  if (token_file.empty()) return refuse(ErrorCode::kTokenMissing, "no identity token was given");
  WM_TRY(const std::string text, read_file(token_file, kMaxIdentityToken));
  return IdentityToken::parse(text);
}

}  // namespace weightmark::cli
