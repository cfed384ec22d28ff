// Identity tokens that the surroundings offer: a CI job has an identity of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "sign/identity_token.h"

namespace weightmark {

// Surroundings are what a token may come from.
struct Surroundings {
  HttpClient& http;
  Environment environment;
  // Reads a small file; nothing where there is none. Empty: there are no files.
  std::function<Result<std::optional<std::string>>(const std::string& path)> read_file;
};

// Where helpers of SPIFFE and Kubernetes put a token for Sigstore.
inline constexpr const char* kTokenFile = "/var/run/sigstore/cosign/oidc-token";

// ambient_token asks the first of these that is there for a token of that audience:
// SIGSTORE_ID_TOKEN, as GitLab's jobs and people's scripts set it; GitHub Actions; the
// token file. Nothing where none is there.
// Errors: token-source, token-malformed, and those of HttpClient::send.
Result<std::optional<IdentityToken>> ambient_token(const Surroundings& surroundings, std::string_view audience);

}  // namespace weightmark
