// Logging in at an identity provider, for an identity token: in a browser on this machine,
// with a code on any other, or with a code that is copied by hand.
// https://openid.net/specs/openid-connect-core-1_0.html, section 3.1; RFC 8252; RFC 8628
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "sign/identity_token.h"
#include "weightmark/key.h"

namespace weightmark {

struct LoginOptions {
  std::string issuer;  // the provider's URL
  std::string client_id = std::string(kSigstoreAudience);
  Secret client_secret = {};   // of clients that have one, for whatever it is worth
  HttpClient* http = nullptr;  // must live longer
  std::chrono::milliseconds limit = std::chrono::minutes(10);
  const std::atomic<bool>* stop = nullptr;  // ends the wait for a person once it is true
  // Waits; false where the caller wants to stop. For log_in_by_device alone.
  std::function<bool(std::chrono::milliseconds)> wait = {};
};

// What is asked for: an identity token, with the address in it.
inline constexpr std::string_view kLoginScope = "openid email";

// Every way of logging in returns a token of that provider's, for that client.
// Errors: login-provider, login-refused, login-mismatch, login-timeout, interrupted,
// token-malformed, those of HttpClient's functions, and those named below.

// log_in_by_browser has a person log in at a URL, to which `show` leads a browser on this
// machine, and waits for the browser to come back. Errors: token-missing where the
// machine does not let it wait.
Result<IdentityToken> log_in_by_browser(const LoginOptions& options,
                                        const std::function<void(const std::string&)>& show);

// DeviceCode is what a person types, at which URL.
struct DeviceCode {
  std::string user_code;
  std::string url;
  std::string complete_url;  // has the code in it; "" where the provider gives none
};

// log_in_by_device has a person log in on any machine, and asks until that happened.
// Errors: token-missing where the provider cannot do that.
Result<IdentityToken> log_in_by_device(const LoginOptions& options, const std::function<void(const DeviceCode&)>& show);

// log_in_by_code has a person log in at a URL on any machine, and bring back a code, which
// `ask` returns.
Result<IdentityToken> log_in_by_code(const LoginOptions& options,
                                     const std::function<Result<std::string>(const std::string&)>& ask);

}  // namespace weightmark
