// Identity tokens that the surroundings offer: a CI job has an identity of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "sign/identity_token.h"

namespace weightmark {

// ProgramAnswer is what a program said until it ended.
struct ProgramAnswer {
  int status = 0;      // 0 for success
  std::string output;  // its standard output
  std::string errors;  // its standard error
};

// Surroundings are what a token may come from.
struct Surroundings {
  HttpClient& http;
  Environment environment;
  // Reads a small file; nothing where there is none. Empty: there are no files.
  std::function<Result<std::optional<std::string>>(const std::string& path)> read_file = {};
  // Runs a program with its arguments; nothing where it is not installed. Empty: none is.
  std::function<Result<std::optional<ProgramAnswer>>(const std::vector<std::string>& words)> run = {};
};

// Where helpers of SPIFFE and Kubernetes put a token for Sigstore.
inline constexpr const char* kTokenFile = "/var/run/sigstore/cosign/oidc-token";

// ambient_token asks the first of these that is there for a token of that audience:
// SIGSTORE_ID_TOKEN, as GitLab's jobs and people's scripts set it; GitHub Actions; Google
// Cloud, where a machine has an account, or GOOGLE_SERVICE_ACCOUNT_NAME names one to act
// as; Buildkite; GitLab, which has none but in that variable; CircleCI; the token file. Nothing where none is there.
// Errors: token-source, token-malformed, and those of HttpClient::send.
Result<std::optional<IdentityToken>> ambient_token(const Surroundings& surroundings, std::string_view audience);

}  // namespace weightmark
