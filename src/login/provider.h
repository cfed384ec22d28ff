// The identity provider, as it describes itself.
// https://openid.net/specs/openid-connect-discovery-1_0.html
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"
#include "weightmark/error.h"

namespace weightmark {

struct Provider {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string device_endpoint;  // "" where there is no device flow (RFC 8628, section 4)
  bool names_itself = false;    // when it sends the browser back (RFC 9207, section 3)
};

// is_private says whether nobody on the way can read what is sent to a URL: by HTTPS, or
// without leaving the machine.
bool is_private(std::string_view url);

// discover_provider asks who is at that address. Its endpoints are private ones.
// Errors: login-provider, and those of HttpClient::get.
Result<Provider> discover_provider(HttpClient& http, std::string_view issuer);

}  // namespace weightmark
