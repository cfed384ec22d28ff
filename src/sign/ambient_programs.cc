// CI services that hand their tokens out by a program of theirs.
// https://buildkite.com/docs/agent/v3/cli-oidc
// https://circleci.com/docs/openid-connect-tokens/
#include <fmt/format.h>

#include "base/json.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "sign/ambient_sources.h"

namespace weightmark {
namespace {

FoundToken ask(const Surroundings& surroundings, const std::vector<std::string>& words, const char* who) {
  std::optional<ProgramAnswer> answer;
  if (surroundings.run) {
    WM_TRY(answer, surroundings.run(words));
  }
  if (!answer)
    return refuse(ErrorCode::kTokenSource, fmt::format("{} is not on the PATH", words.front()), who,
                  "it gives the job its identity token");
  if (answer->status == 0) return parsed_token(answer->output);
  return refuse(
      ErrorCode::kTokenSource,
      fmt::format("{} ended with status {}: {}", words.front(), answer->status, excerpt(trimmed(answer->errors))), who);
}

}  // namespace

FoundToken token_from_buildkite(const Surroundings& surroundings, std::string_view audience) {
  if (variable(surroundings, "BUILDKITE").empty()) return std::nullopt;
  return ask(surroundings, {"buildkite-agent", "oidc", "request-token", "--audience", std::string(audience)},
             "Buildkite");
}

// The root issuer is the same for all organizations, and the one that Fulcio knows.
FoundToken token_from_circleci(const Surroundings& surroundings, std::string_view audience) {
  if (variable(surroundings, "CIRCLECI").empty()) return std::nullopt;
  const std::string claims = write_json(Json::of("aud", std::string(audience)));
  return ask(surroundings, {"circleci", "run", "oidc", "get", "--claims", claims, "--root-issuer"}, "CircleCI");
}

}  // namespace weightmark
