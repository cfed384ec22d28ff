// The token endpoint: what a person granted becomes an identity token (RFC 6749,
// section 3.2; OpenID Connect Core 1.0, section 3.1.3).
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "login/login.h"
#include "login/provider.h"

namespace weightmark {

// RefusedGrant is the provider's no (RFC 6749, section 5.2).
struct RefusedGrant {
  std::string error;  // such as "authorization_pending"
  std::string description;
};

using Parameters = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// post_form sends what the provider should know, once: codes count once. A client without
// a secret names itself in the form, another one by HTTP's Basic authentication (section
// 2.3.1).
Result<HttpAnswer> post_form(const LoginOptions& options, const std::string& url, Parameters parameters);

// redeem exchanges a grant for a token, that is of the provider and the client.
// Errors: login-provider, token-malformed, those of HttpClient::send.
Result<std::variant<IdentityToken, RefusedGrant>> redeem(const LoginOptions& options, const Provider& provider,
                                                         Parameters grant);

std::unexpected<Error> login_refused(const LoginOptions& options, const RefusedGrant& refused);

}  // namespace weightmark
