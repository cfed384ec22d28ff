// GitHub Actions: a job asks its runner's service.
// https://docs.github.com/actions, "OpenID Connect reference"
#include <fmt/format.h>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "sign/ambient_sources.h"

namespace weightmark {
namespace {

constexpr const char* kWho = "GitHub Actions";

// The request carries a secret of the job: it goes nowhere but to the runner's service.
bool is_safe(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:");
}

HttpRequest request_for(std::string_view url, std::string_view secret, std::string_view audience) {
  const char separator = url.find('?') == std::string_view::npos ? '?' : '&';
  return {.url = fmt::format("{}{}audience={}", url, separator, audience),
          .headers = {fmt::format("Authorization: bearer {}", secret), "Accept: application/json"}};
}

}  // namespace

FoundToken token_from_github(const Surroundings& surroundings, std::string_view audience) {
  if (variable(surroundings, "GITHUB_ACTIONS").empty()) return std::nullopt;
  const std::string_view url = variable(surroundings, "ACTIONS_ID_TOKEN_REQUEST_URL");
  const std::string_view secret = variable(surroundings, "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
  if (url.empty() || secret.empty())
    return refuse(ErrorCode::kTokenSource, "the job may not have identity tokens", kWho,
                  "allow it in the workflow: `permissions: {id-token: write}`");
  if (!is_safe(url))
    return refuse(ErrorCode::kTokenSource, fmt::format("{} is not an address of HTTPS", excerpt(url)), kWho);
  WM_TRY(const std::string token, text_in_answer(surroundings, request_for(url, secret, audience), "value", kWho,
                                                 "check the job's permissions"));
  return parsed_token(token);
}

}  // namespace weightmark
