#include "sign/ambient_token.h"

#include <gtest/gtest.h>

#include <map>

#include "base/refuse.h"
#include "sign/services_testing.h"

namespace weightmark {
namespace {

using namespace testing;

// Runner is the service that a job of GitHub Actions asks.
class Runner : public HttpClient {
 public:
  Result<std::string> get(const std::string&, std::uint64_t) override { return refuse(ErrorCode::kServerNotFound, ""); }
  Result<HttpAnswer> send(const HttpRequest& request) override {
    asked.push_back(request);
    return answer;
  }

  std::vector<HttpRequest> asked;
  HttpAnswer answer{200, write_json(Json::of("count", 1, "value", token_text(token_claims())))};
};

struct Place {
  Runner runner;
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;

  // find returns the e-mail address in the token, "nothing", or the error's code.
  std::string find() {
    const Surroundings surroundings{
        runner, [this](const char* name) { return variables.contains(name) ? variables.at(name).c_str() : nullptr; },
        [this](const std::string& path) -> Result<std::optional<std::string>> {
          if (!files.contains(path)) return std::nullopt;
          return files.at(path);
        }};
    const auto token = ambient_token(surroundings, kSigstoreAudience);
    if (!token) return std::string(code_name(token.error().code));
    return *token ? std::string((*token)->claim("email")) : "nothing";
  }
};

// Github is a job that may have tokens.
struct Github : Place {
  Github() {
    variables = {{"GITHUB_ACTIONS", "true"},
                 {"ACTIONS_ID_TOKEN_REQUEST_URL", "https://runner.example/token?version=2"},
                 {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "secret"}};
  }
};

TEST(AmbientToken, IsNothingWhereNothingIsOffered) { EXPECT_EQ(Place().find(), "nothing"); }

TEST(AmbientToken, ComesFromAVariable) {
  Place place;
  place.variables = {{"SIGSTORE_ID_TOKEN", token_text(token_claims())}};
  EXPECT_EQ(place.find(), kIdentity);
  place.variables = {{"SIGSTORE_ID_TOKEN", "nonsense"}};
  EXPECT_EQ(place.find(), "token-malformed");
}

TEST(AmbientToken, TellsAJobOfGitLabWhatItLacks) {
  Place place;
  place.variables = {{"GITLAB_CI", "true"}};
  EXPECT_EQ(place.find(), "token-source");
}

TEST(AmbientToken, ComesFromGitHubActions) {
  Github place;
  EXPECT_EQ(place.find(), kIdentity);
  ASSERT_EQ(place.runner.asked.size(), 1U);
  EXPECT_EQ(place.runner.asked.front().url, "https://runner.example/token?version=2&audience=sigstore");
  EXPECT_EQ(place.runner.asked.front().headers.front(), "Authorization: bearer secret");
  place.variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = "https://runner.example/token";
  EXPECT_EQ(place.find(), kIdentity);
  EXPECT_EQ(place.runner.asked.back().url, "https://runner.example/token?audience=sigstore");
}

TEST(AmbientToken, TellsAJobOfGitHubWhatItLacks) {
  for (const char* missing : {"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"}) {
    Github place;
    place.variables.erase(missing);
    EXPECT_EQ(place.find(), "token-source");
    EXPECT_TRUE(place.runner.asked.empty());
  }
}

TEST(AmbientToken, SendsTheJobsSecretOverHttpsAlone) {
  for (const char* url : {"http://runner.example/token", "http://127.0.0.1.evil.example/", "ftp://runner.example/"}) {
    Github place;
    place.variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = url;
    EXPECT_EQ(place.find(), "token-source") << url;
    EXPECT_TRUE(place.runner.asked.empty());
  }
}

TEST(AmbientToken, RefusesWhatIsNoAnswerOfGitHubs) {
  for (const HttpAnswer& answer : {HttpAnswer{401, "{}"}, HttpAnswer{500, ""}, HttpAnswer{200, "<html>"},
                                   HttpAnswer{200, "{}"}, HttpAnswer{200, R"({"value":7})"}}) {
    Github place;
    place.runner.answer = answer;
    EXPECT_EQ(place.find(), "token-source") << answer.body;
  }
  Github place;
  place.runner.answer = {200, R"({"value":"a.b"})"};
  EXPECT_EQ(place.find(), "token-malformed");
}

TEST(AmbientToken, ComesFromAFile) {
  Place place;
  place.files = {{kTokenFile, token_text(token_claims()) + "\n"}};
  EXPECT_EQ(place.find(), kIdentity);
}

}  // namespace
}  // namespace weightmark
