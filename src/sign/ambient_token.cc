#include "sign/ambient_token.h"

#include <fmt/format.h>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

using Found = Result<std::optional<IdentityToken>>;

std::string_view value_of(const Surroundings& surroundings, const char* name) {
  const char* value = surroundings.environment(name);
  return value == nullptr ? std::string_view{} : value;
}

Found parsed(std::string_view text) {
  WM_TRY(IdentityToken token, IdentityToken::parse(text));
  return token;
}

// --- a variable

// GitLab sets what the job's `id_tokens` name.
// https://docs.gitlab.com/ee/ci/yaml/signing_examples.html
Found from_variable(const Surroundings& surroundings, std::string_view) {
  const std::string_view token = value_of(surroundings, "SIGSTORE_ID_TOKEN");
  if (!token.empty()) return parsed(token);
  if (value_of(surroundings, "GITLAB_CI").empty()) return std::nullopt;
  return refuse(ErrorCode::kTokenSource, "the job has no SIGSTORE_ID_TOKEN", "GitLab CI",
                "give it one with the audience \"sigstore\": `id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}`");
}

// --- GitHub Actions
// https://docs.github.com/actions, "OpenID Connect reference"

constexpr const char* kGithub = "GitHub Actions";

// The request carries a secret of the job: it goes nowhere but to the runner's service.
bool is_safe(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:");
}

Result<std::string> value_in(const std::string& body) {
  auto document = JsonDocument::parse(body);
  if (!document) return refuse(ErrorCode::kTokenSource, document.error().what, kGithub);
  WM_TRY(JsonView value, document->root(ErrorCode::kTokenSource).member("value"));
  WM_TRY(std::string_view text, value.string());
  return std::string(text);
}

Result<std::string> ask_github(const Surroundings& surroundings, std::string_view url, std::string_view audience) {
  const char separator = url.find('?') == std::string_view::npos ? '?' : '&';
  const HttpRequest request{
      .url = fmt::format("{}{}audience={}", url, separator, audience),
      .headers = {fmt::format("Authorization: bearer {}", value_of(surroundings, "ACTIONS_ID_TOKEN_REQUEST_TOKEN")),
                  "Accept: application/json"}};
  WM_TRY(const HttpAnswer answer, surroundings.http.send(request));
  if (answer.status == 200) return value_in(answer.body);
  return refuse(ErrorCode::kTokenSource, fmt::format("answered with the status {}", answer.status), kGithub,
                "check the job's permissions");
}

Found from_github(const Surroundings& surroundings, std::string_view audience) {
  if (value_of(surroundings, "GITHUB_ACTIONS").empty()) return std::nullopt;
  const std::string_view url = value_of(surroundings, "ACTIONS_ID_TOKEN_REQUEST_URL");
  if (url.empty() || value_of(surroundings, "ACTIONS_ID_TOKEN_REQUEST_TOKEN").empty())
    return refuse(ErrorCode::kTokenSource, "the job may not have identity tokens", kGithub,
                  "allow it in the workflow: `permissions: {id-token: write}`");
  if (!is_safe(url))
    return refuse(ErrorCode::kTokenSource, fmt::format("{} is not an address of HTTPS", excerpt(url)), kGithub);
  WM_TRY(const std::string token, ask_github(surroundings, url, audience));
  return parsed(token);
}

// --- a file

Found from_file(const Surroundings& surroundings, std::string_view) {
  if (!surroundings.read_file) return std::nullopt;
  WM_TRY(const std::optional<std::string> text, surroundings.read_file(kTokenFile));
  if (!text) return std::nullopt;
  return parsed(*text);
}

}  // namespace

Result<std::optional<IdentityToken>> ambient_token(const Surroundings& surroundings, std::string_view audience) {
  for (const auto& source : {from_variable, from_github, from_file}) {
    auto token = source(surroundings, audience);
    if (!token || *token) return token;
  }
  return std::nullopt;
}

}  // namespace weightmark
