#include "sign/ambient_token.h"

#include <fmt/format.h>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/try.h"
#include "sign/ambient_sources.h"

namespace weightmark {

std::string_view variable(const Surroundings& surroundings, const char* name) {
  const char* value = surroundings.environment(name);
  return value == nullptr ? std::string_view{} : value;
}

FoundToken parsed_token(std::string_view text) {
  WM_TRY(IdentityToken token, IdentityToken::parse(text));
  return token;
}

Result<std::string> text_of_answer(const Surroundings& surroundings, const HttpRequest& request, const char* who,
                                   std::string hint) {
  WM_TRY(HttpAnswer answer, surroundings.http.send(request));
  if (answer.status == 200) return std::move(answer.body);
  return refuse(ErrorCode::kTokenSource, fmt::format("answered with the status {}", answer.status), who,
                std::move(hint));
}

Result<std::string> text_in_answer(const Surroundings& surroundings, const HttpRequest& request,
                                   std::string_view member, const char* who, std::string hint) {
  WM_TRY(const std::string body, text_of_answer(surroundings, request, who, std::move(hint)));
  const auto document = JsonDocument::parse(body);
  if (!document) return refuse(ErrorCode::kTokenSource, document.error().what, who);
  WM_TRY(JsonView value, document->root(ErrorCode::kTokenSource).member(member));
  WM_TRY(std::string_view text, value.string());
  return std::string(text);
}

// --- a variable

FoundToken token_from_variable(const Surroundings& surroundings, std::string_view) {
  const std::string_view token = variable(surroundings, "SIGSTORE_ID_TOKEN");
  if (token.empty()) return std::nullopt;
  return parsed_token(token);
}

// GitLab sets what the job's `id_tokens` name, so a job with a token has been answered
// by the variable already.
// https://docs.gitlab.com/ee/ci/yaml/signing_examples.html
FoundToken token_from_gitlab(const Surroundings& surroundings, std::string_view) {
  if (variable(surroundings, "GITLAB_CI").empty()) return std::nullopt;
  return refuse(ErrorCode::kTokenSource, "the job has no SIGSTORE_ID_TOKEN", "GitLab CI",
                "give it one with the audience \"sigstore\": `id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}`");
}

// --- a file

FoundToken token_from_file(const Surroundings& surroundings, std::string_view) {
  if (!surroundings.read_file) return std::nullopt;
  WM_TRY(const std::optional<std::string> text, surroundings.read_file(kTokenFile));
  if (!text) return std::nullopt;
  return parsed_token(*text);
}

Result<std::optional<IdentityToken>> ambient_token(const Surroundings& surroundings, std::string_view audience) {
  for (const auto& source : {token_from_variable, token_from_github, token_from_google, token_from_buildkite,
                             token_from_gitlab, token_from_circleci, token_from_file}) {
    auto token = source(surroundings, audience);
    if (!token || *token) return token;
  }
  return std::nullopt;
}

}  // namespace weightmark
