#include "attest/vsa.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/try.h"

namespace weightmark {
namespace {

const std::string kHex(64, 'a');

VerificationSummary full() {
  VerificationSummary it;
  it.verifier_id = "https://verifier.example";
  it.verifier_version = {{"weightmark", "0.1.0"}};
  it.verified = *parse_rfc3339("2026-03-02T08:00:11Z");
  it.resource_uri = "https://models.example/acme/tinylm";
  it.policy = {"https://policies.example/1", {{"sha256", kHex}, {"weightmarkPolicyV1", kHex}}};
  it.inputs = {{"", {{"sha256", kHex}}}, {"https://a.example/x", {}}};
  it.passed = true;
  it.levels = {"SLSA_BUILD_LEVEL_2", "ACME_REVIEWED"};
  it.dependency_levels = {{"SLSA_BUILD_LEVEL_0", 3}, {"SLSA_BUILD_LEVEL_UNEVALUATED", 2}};
  it.slsa_version = "1.2";
  return it;
}

Result<VerificationSummary> parse(std::string_view json) {
  WM_TRY(const JsonDocument document, JsonDocument::parse(json));
  return parse_vsa(document.root(ErrorCode::kStatementMalformed));
}

TEST(Vsa, IsReadAsWritten) {
  const auto read = parse(write_vsa(full()));
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_EQ(*read, full());
  VerificationSummary failed = full();
  failed.passed = false;
  failed.levels = {"FAILED"};
  failed.inputs.clear();
  failed.dependency_levels.clear();
  failed.slsa_version.clear();
  failed.verifier_version.clear();
  EXPECT_EQ(parse(write_vsa(failed)).value(), failed);
}

// As https://slsa.dev/spec/v1.0/verification_summary shows it, with values of our own.
TEST(Vsa, ReadsTheSpecificationsExample) {
  const auto read = parse(R"({
    "verifier": {"id": "https://example.com/publication_verifier"},
    "timeVerified": "1985-04-12T23:20:50.52Z",
    "resourceUri": "https://example.com/example-1.2.3.tar.gz",
    "policy": {"uri": "https://example.com/example_tarball.policy", "digest": {"sha256": "1234"}},
    "inputAttestations": [{"uri": "https://example.com/provenances/example-1.2.3.tar.gz.intoto.jsonl",
                           "digest": {"sha256": "abcd"}}],
    "verificationResult": "PASSED", "verifiedLevels": ["SLSA_BUILD_LEVEL_3"],
    "dependencyLevels": {"SLSA_BUILD_LEVEL_3": 5, "SLSA_BUILD_LEVEL_2": 7}, "slsaVersion": "1.0", "other": 1})");
  ASSERT_TRUE(read) << describe(read.error());
  EXPECT_TRUE(read->passed);
  EXPECT_EQ(read->build_level(), 3U);
  EXPECT_EQ(read->dependency_levels.at(0), (std::pair<std::string, std::int64_t>{"SLSA_BUILD_LEVEL_2", 7}));
}

TEST(Vsa, FindsTheHighestBuildLevel) {
  VerificationSummary it;
  EXPECT_EQ(it.build_level(), std::nullopt);
  it.levels = {"SLSA_SOURCE_LEVEL_3", "SLSA_BUILD_LEVEL_10", "slsa_build_level_3"};
  EXPECT_EQ(it.build_level(), std::nullopt);
  it.levels = {"SLSA_BUILD_LEVEL_1", "SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_2"};
  EXPECT_EQ(it.build_level(), 3U);
}

// with replaces the first member of that name at any depth, or takes it away.
std::string with(const std::string& before, const std::string& after) {
  std::string json = write_vsa(full());
  const std::size_t at = json.find(before);
  EXPECT_NE(at, std::string::npos) << before;
  return json.replace(at, before.size(), after);
}

TEST(Vsa, RefusesWhatIsMalformed) {
  const std::string cases[] = {
      "[]",
      with(R"("verifier":)", R"("verifieR":)"),
      with(R"("id":"https://verifier.example")", R"("id":"")"),
      with(R"("version":{"weightmark":"0.1.0"})", R"("version":{"weightmark":1})"),
      with(R"("timeVerified":"2026-03-02T08:00:11Z")", R"("timeVerified":"yesterday")"),
      with(R"("timeVerified":"2026-03-02T08:00:11Z")", R"("timeVerified":1)"),
      with(R"("resourceUri":)", R"("resourceUrI":)"),
      with(R"("policy":)", R"("Policy":)"),
      with(R"("uri":"https://a.example/x")", R"("urI":"https://a.example/x")"),
      with(R"({"digest":{"sha256":")" + kHex + R"("}})", R"({"digest":{"sha256":""}})"),
      with(R"("verificationResult":"PASSED")", R"("verificationResult":"passed")"),
      with(R"("verificationResult":"PASSED")", R"("verificationResult":true)"),
      with(R"("verifiedLevels":)", R"("verifiedLevelS":)"),
      with(R"("ACME_REVIEWED")", R"(1)"),
      with(R"("SLSA_BUILD_LEVEL_0":3)", R"("SLSA_BUILD_LEVEL_0":-3)"),
      with(R"("SLSA_BUILD_LEVEL_0":3)", R"("SLSA_BUILD_LEVEL_0":"3")"),
      with(R"("slsaVersion":"1.2")", R"("slsaVersion":1.2)"),
  };
  for (const std::string& json : cases) {
    const auto read = parse(json);
    ASSERT_FALSE(read) << json;
    EXPECT_EQ(read.error().code, ErrorCode::kVsaMalformed) << json << describe(read.error());
  }
}

TEST(Vsa, RefusesEndlessLists) {
  VerificationSummary it = full();
  it.levels.assign(kMaxVsaItems, "x");
  EXPECT_TRUE(parse(write_vsa(it)));
  it.levels.emplace_back("x");
  EXPECT_EQ(parse(write_vsa(it)).error().code, ErrorCode::kVsaMalformed);
}

}  // namespace
}  // namespace weightmark
