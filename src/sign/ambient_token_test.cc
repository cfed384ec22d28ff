#include "sign/ambient_token.h"

#include <gtest/gtest.h>

#include <map>

#include "base/refuse.h"
#include "sign/services_testing.h"

namespace weightmark {
namespace {

using namespace testing;

// Runner is the service that a job asks.
class Runner : public HttpClient {
 public:
  Result<std::string> get(const std::string&, std::uint64_t) override { return refuse(ErrorCode::kServerNotFound, ""); }
  Result<HttpAnswer> send(const HttpRequest& request) override {
    asked.push_back(request);
    for (const auto& [start, other] : others)
      if (request.url.starts_with(start)) return other;
    return answer;
  }

  std::vector<HttpRequest> asked;
  std::map<std::string, HttpAnswer> others;  // by the start of the URL
  HttpAnswer answer{200, R"({"count":1,"value":")" + token_text(token_claims()) + "\"}"};
};

struct Place {
  Runner runner;
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;
  std::optional<ProgramAnswer> program;
  std::vector<std::string> ran;

  // find returns the e-mail address in the token, "nothing", or the error's code.
  std::string find() {
    const Surroundings surroundings{
        runner, [this](const char* name) { return variables.contains(name) ? variables.at(name).c_str() : nullptr; },
        [this](const std::string& path) -> Result<std::optional<std::string>> {
          if (!files.contains(path)) return std::nullopt;
          return files.at(path);
        },
        [this](const std::vector<std::string>& words) -> Result<std::optional<ProgramAnswer>> {
          ran = words;
          return program;
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

TEST(AmbientToken, TellsAJobOfGitLabOnlyWhenNobodyBeforeItHasOne) {
  Place place;
  place.variables = {{"GITLAB_CI", "true"}, {"BUILDKITE", "true"}};
  place.program = ProgramAnswer{0, token_text(token_claims()), ""};
  EXPECT_EQ(place.find(), kIdentity);
  EXPECT_EQ(place.ran.front(), "buildkite-agent");
  place.ran.clear();
  place.variables = {{"GITLAB_CI", "true"}, {"CIRCLECI", "true"}};
  EXPECT_EQ(place.find(), "token-source");
  EXPECT_TRUE(place.ran.empty());
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

// --- Google Cloud

constexpr const char* kMetadata =
    "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/";
constexpr const char* kAccounts = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";

// Machine is one of Google's.
struct Machine : Place {
  Machine() {
    files = {{"/sys/class/dmi/id/product_name", "Google Compute Engine\n"}};
    runner.answer = {200, token_text(token_claims())};
  }
};

TEST(AmbientToken, ComesFromAMachineOfGoogles) {
  Machine place;
  EXPECT_EQ(place.find(), kIdentity);
  ASSERT_EQ(place.runner.asked.size(), 1U);
  EXPECT_EQ(place.runner.asked.front().url, std::string(kMetadata) + "identity?audience=sigstore&format=full");
  EXPECT_EQ(place.runner.asked.front().headers, std::vector<std::string>{"Metadata-Flavor: Google"});
  EXPECT_TRUE(place.runner.asked.front().direct);
  place.runner.answer = {404, ""};
  EXPECT_EQ(place.find(), "token-source");
}

TEST(AmbientToken, AsksNobodyOnOtherMachines) {
  Machine place;
  place.files.begin()->second = "Somebody else's\n";
  EXPECT_EQ(place.find(), "nothing");
  EXPECT_TRUE(place.runner.asked.empty());
  place.variables = {{"GCE_METADATA_HOST", "127.0.0.1:8080"}};
  EXPECT_EQ(place.find(), kIdentity);
  EXPECT_TRUE(place.runner.asked.front().url.starts_with("http://127.0.0.1:8080/computeMetadata/v1/"));
}

// Robot acts as another account than the machine's.
struct Robot : Place {
  Robot() {
    variables = {{"GOOGLE_SERVICE_ACCOUNT_NAME", "robot@project.iam.gserviceaccount.com"}};
    runner.others = {{kMetadata, {200, R"({"access_token":"secret","expires_in":3599})"}}};
    runner.answer = {200, R"({"token":")" + token_text(token_claims()) + "\"}"};
  }
};

TEST(AmbientToken, ComesFromAnAccountOfGoogles) {
  Robot place;
  EXPECT_EQ(place.find(), kIdentity);
  ASSERT_EQ(place.runner.asked.size(), 2U);
  EXPECT_EQ(place.runner.asked[0].url,
            std::string(kMetadata) + "token?scopes=https://www.googleapis.com/auth/cloud-platform");
  const HttpRequest& request = place.runner.asked[1];
  EXPECT_TRUE(place.runner.asked[0].direct);
  EXPECT_FALSE(request.direct);  // of the Internet, and by HTTPS
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, std::string(kAccounts) + "robot@project.iam.gserviceaccount.com:generateIdToken");
  EXPECT_EQ(request.body, R"({"audience":"sigstore","includeEmail":true})");
  EXPECT_EQ(request.headers.back(), "Authorization: Bearer secret");
}

TEST(AmbientToken, RefusesWhatIsNoAnswerOfGoogles) {
  for (const char* account : {"../other", "a/b", "a b", "a?b"}) {
    Robot place;
    place.variables.begin()->second = account;
    EXPECT_EQ(place.find(), "token-source") << account;
    EXPECT_TRUE(place.runner.asked.empty());
  }
  for (const HttpAnswer& answer : {HttpAnswer{403, "{}"}, HttpAnswer{200, "{}"}, HttpAnswer{200, "<html>"}}) {
    Robot place;
    place.runner.answer = answer;
    EXPECT_EQ(place.find(), "token-source") << answer.body;
    place.runner.others.begin()->second = answer;
    EXPECT_EQ(place.find(), "token-source") << answer.body;
  }
}

// --- programs

TEST(AmbientToken, ComesFromTheAgentOfBuildkite) {
  Place place;
  place.variables = {{"BUILDKITE", "true"}};
  EXPECT_EQ(place.find(), "token-source");  // there is no agent
  place.program = ProgramAnswer{0, token_text(token_claims()) + "\n", ""};
  EXPECT_EQ(place.find(), kIdentity);
  EXPECT_EQ(place.ran,
            (std::vector<std::string>{"buildkite-agent", "oidc", "request-token", "--audience", "sigstore"}));
  place.program->status = 1;
  EXPECT_EQ(place.find(), "token-source");
  place.program = ProgramAnswer{0, "no token", ""};
  EXPECT_EQ(place.find(), "token-malformed");
}

TEST(AmbientToken, ComesFromTheProgramOfCircleCi) {
  Place place;
  place.variables = {{"CIRCLECI", "true"}};
  EXPECT_EQ(place.find(), "token-source");
  place.program = ProgramAnswer{0, token_text(token_claims()), "a warning"};
  EXPECT_EQ(place.find(), kIdentity);
  EXPECT_EQ(place.ran, (std::vector<std::string>{"circleci", "run", "oidc", "get", "--claims", R"({"aud":"sigstore"})",
                                                 "--root-issuer"}));
}

TEST(AmbientToken, ComesFromWhatWasSetFirst) {
  Github place;
  place.variables["BUILDKITE"] = "true";
  place.variables["CIRCLECI"] = "true";
  EXPECT_EQ(place.find(), kIdentity);
  EXPECT_TRUE(place.ran.empty());
  place.variables["SIGSTORE_ID_TOKEN"] = token_text(token_claims());
  EXPECT_EQ(place.find(), kIdentity);
  EXPECT_EQ(place.runner.asked.size(), 1U);  // not asked again
}

// --- a file

TEST(AmbientToken, ComesFromAFile) {
  Place place;
  place.files = {{kTokenFile, token_text(token_claims()) + "\n"}};
  EXPECT_EQ(place.find(), kIdentity);
}

}  // namespace
}  // namespace weightmark
