// Logging in with a code that a person copies. The state never comes back that way: that
// it is our login is told by PKCE and the nonce.
#include "base/refuse.h"
#include "base/try.h"
#include "login/authorization.h"
#include "login/login.h"

namespace weightmark {
namespace {

// What Dex, the provider of Sigstore's instances, knows as "show the code".
constexpr const char* kShowCode = "urn:ietf:wg:oauth:2.0:oob";

}  // namespace

Result<IdentityToken> log_in_by_code(const LoginOptions& options,
                                     const std::function<Result<std::string>(const std::string&)>& ask) {
  WM_TRY(const Authorization attempt, Authorization::begin(options, kShowCode));
  WM_TRY(const std::string code, ask(attempt.url()));
  if (code.empty()) return refuse(ErrorCode::kLoginRefused, "no code was given", options.issuer);
  return attempt.token(code);
}

}  // namespace weightmark
