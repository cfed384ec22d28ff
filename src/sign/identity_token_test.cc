#include "sign/identity_token.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "sign/services_testing.h"

namespace weightmark {
namespace {

using namespace testing;

IdentityToken token(const TokenClaims& claims) { return IdentityToken::parse(token_text(claims)).value(); }

std::string parse_code(std::string_view text) {
  const auto parsed = IdentityToken::parse(text);
  return parsed ? "no error" : std::string(code_name(parsed.error().code));
}

std::string with_payload(std::string_view payload) { return "e30." + to_base64url(as_bytes(payload)) + ".c2ln"; }

TokenClaims with(TokenClaims changes) {
  TokenClaims claims = token_claims();
  for (auto& [name, value] : changes) claims[name] = value;
  return claims;
}

// A workflow of GitHub Actions.
TokenClaims workflow() {
  TokenClaims claims = with({{"iss", "https://token.actions.githubusercontent.com"},
                             {"sub", "repo:acme/model:ref:refs/tags/v1"},
                             {"job_workflow_ref", "acme/model/.github/workflows/release.yml@refs/tags/v1"}});
  claims.erase("email");
  claims.erase("email_verified");
  return claims;
}

TEST(IdentityToken, TellsWhoIsThere) {
  const TokenIdentity identity = token(token_claims()).identity();
  EXPECT_EQ(identity.name, kIdentity);
  EXPECT_EQ(identity.provider, kProvider);
}

TEST(IdentityToken, TellsWhichWorkflowIsThere) {
  const TokenIdentity identity = token(workflow()).identity();
  EXPECT_EQ(identity.name, "https://github.com/acme/model/.github/workflows/release.yml@refs/tags/v1");
  EXPECT_EQ(identity.provider, "https://token.actions.githubusercontent.com");
}

TEST(IdentityToken, TellsForWhomAProviderSpeaks) {
  const Json connector = Json::of("connector_id", "https://github.com/login/oauth");
  EXPECT_EQ(token(with({{"federated_claims", connector}})).identity().provider, "https://github.com/login/oauth");
}

TEST(IdentityToken, KnowsTheNamesThatFulcioMakes) {
  const Json kubernetes = Json::of("namespace", "prod", "serviceaccount", Json::of("name", "trainer"));
  const std::vector<std::pair<std::string, TokenClaims>> cases = {
      {"https://gitlab.com/acme/model//.gitlab-ci.yml@refs/heads/main",
       {{"ci_config_ref_uri", "gitlab.com/acme/model//.gitlab-ci.yml@refs/heads/main"}}},
      {"https://buildkite.com/acme/release", {{"organization_slug", "acme"}, {"pipeline_slug", "release"}}},
      {"https://circleci.com/api/v2/projects/p/pipeline-definitions/d",
       {{"oidc.circleci.com/project-id", "p"}, {"oidc.circleci.com/pipeline-definition-id", "d"}}},
      {"https://kubernetes.io/namespaces/prod/serviceaccounts/trainer", {{"kubernetes.io", kubernetes}}},
      {"https://github.acme.example/m/w.yml@main",
       {{"url", "https://github.acme.example"}, {"job_workflow_ref", "m/w.yml@main"}}},
  };
  for (const auto& [name, claims] : cases) EXPECT_EQ(token(with(claims)).identity().name, name);
}

// --- whether a certificate names the owner

CertificateIdentity certified(SubjectName::Kind kind, std::string name, std::string issuer = kProvider) {
  return {{{kind, std::move(name)}}, std::move(issuer), {}};
}

TEST(IdentityToken, RecognisesItsOwner) {
  using Kind = SubjectName::Kind;
  EXPECT_TRUE(token(token_claims()).names(certified(Kind::kEmail, kIdentity)));
  EXPECT_TRUE(token(token_claims()).names(certified(Kind::kUri, "1234")));
  EXPECT_TRUE(token(with({{"sub", "spiffe://acme/trainer"}})).names(certified(Kind::kUri, "spiffe://acme/trainer")));
  EXPECT_TRUE(token(with({{"sub", "alice"}})).names(certified(Kind::kOther, "alice!acme.example")));
}

TEST(IdentityToken, RecognisesNobodyElse) {
  using Kind = SubjectName::Kind;
  const IdentityToken alice = token(token_claims());
  EXPECT_FALSE(alice.names(certified(Kind::kEmail, "mallory@example.com")));
  EXPECT_FALSE(alice.names(certified(Kind::kUri, kIdentity)));
  EXPECT_FALSE(alice.names(certified(Kind::kEmail, kIdentity, "https://evil.example.com")));
  EXPECT_FALSE(alice.names(certified(Kind::kEmail, "alice@example.com.evil.example")));
  EXPECT_FALSE(alice.names(certified(Kind::kOther, "12345!acme.example")));
  EXPECT_FALSE(alice.names({{}, kProvider, {}}));
  EXPECT_FALSE(alice.names({{{Kind::kEmail, kIdentity}, {Kind::kEmail, "mallory@example.com"}}, kProvider, {}}));
}

// --- what is no token

TEST(IdentityToken, TakesWhiteSpaceAroundIt) {
  const std::string text = token_text(token_claims());
  EXPECT_EQ(IdentityToken::parse("\n  " + text + " \r\n").value().text(), text);
}

TEST(IdentityToken, RefusesWhatIsNoToken) {
  const std::string good = token_text(token_claims());
  for (const std::string& text :
       {std::string(), std::string(" \n"), std::string("a.b"), good + ".x", good + "\nHost: evil", good + "=",
        "e30" + good, with_payload("7"), with_payload("{"), with_payload("{}"), with_payload(R"({"iss":"a"})"),
        with_payload(R"({"iss":"a","aud":7,"exp":1})"), with_payload(R"({"iss":"a","aud":"b","exp":-1})"),
        with_payload(R"({"iss":"a","aud":"b","exp":9223372036854775807})"),
        with_payload(R"({"iss":"a","iss":"b","aud":"b","exp":1})"), "e30." + std::string(70000, 'A') + ".c2ln"})
    EXPECT_EQ(parse_code(text), "token-malformed") << text.substr(0, 80);
}

TEST(IdentityToken, AllowsForClocksThatDiffer) {
  const auto at = [](int seconds) { return (kTestNow + std::chrono::seconds(seconds)).time_since_epoch().count(); };
  EXPECT_TRUE(token(with({{"nbf", at(60)}})).check(kTestNow, kSigstoreAudience));
  EXPECT_FALSE(token(with({{"nbf", at(61)}})).check(kTestNow, kSigstoreAudience));
  EXPECT_TRUE(token(with({{"exp", at(1)}})).check(kTestNow, kSigstoreAudience));
  EXPECT_FALSE(token(with({{"exp", at(0)}})).check(kTestNow, kSigstoreAudience));
}

TEST(IdentityToken, TakesSeveralAudiences) {
  const JsonArray several{"other", "sigstore"};
  EXPECT_TRUE(token(with({{"aud", several}})).check(kTestNow, kSigstoreAudience));
}

}  // namespace
}  // namespace weightmark
