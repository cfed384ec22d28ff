// The authorization code flow (RFC 6749, section 4.1), with what keeps other people's
// logins out: PKCE (RFC 7636), the state, the nonce, and the provider's name.
#pragma once

#include <string>
#include <string_view>

#include "login/login.h"
#include "login/provider.h"
#include "login/query.h"

namespace weightmark {

// ProofKey binds a grant to who asked for it (RFC 7636).
struct ProofKey {
  static Result<ProofKey> make();

  std::string verifier;
  std::string challenge;  // by S256
};

// random_text returns 256 bits that nobody can guess, fit for a URL.
Result<std::string> random_text();

// Authorization is one attempt to log in. The options must live longer.
class Authorization {
 public:
  // begin asks who the provider is. The browser is sent back to `redirect_uri`.
  static Result<Authorization> begin(const LoginOptions& options, std::string redirect_uri);

  // url is where a person logs in.
  std::string url() const;

  // code_of reads what the browser came back with.
  // Errors: login-mismatch, login-refused, login-provider.
  Result<std::string> code_of(const Query& query) const;

  // token exchanges the code. Errors: login-mismatch, login-refused, login-provider,
  // token-malformed, those of HttpClient::send.
  Result<IdentityToken> token(std::string_view code) const;

 private:
  Authorization(const LoginOptions& options, Provider provider) : options_(&options), provider_(std::move(provider)) {}
  Result<void> check_sender(const Query& query) const;

  const LoginOptions* options_;
  Provider provider_;
  std::string redirect_uri_;
  ProofKey key_;
  std::string state_;
  std::string nonce_;
};

}  // namespace weightmark
