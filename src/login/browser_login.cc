// Logging in in a browser on this machine (RFC 8252, section 7.3).
#include "base/try.h"
#include "login/authorization.h"
#include "login/callback_server.h"
#include "login/login.h"

namespace weightmark {

Result<IdentityToken> log_in_by_browser(const LoginOptions& options,
                                        const std::function<void(const std::string&)>& show) {
  WM_TRY(CallbackServer server, CallbackServer::open());
  WM_TRY(const Authorization attempt, Authorization::begin(options, server.redirect_uri()));
  show(attempt.url());
  WM_TRY(const Query query, server.wait(options.limit, options.stop));
  WM_TRY(const std::string code, attempt.code_of(query));
  return attempt.token(code);
}

}  // namespace weightmark
