#include "host/summarise.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "attest/attestation.h"
#include "attest/training.h"
#include "attest/vsa.h"
#include "base/file.h"
#include "read/verify_model_testing.h"

namespace weightmark {
namespace {

using ::testing::HasSubstr;
using namespace testing;

Result<std::string> key_file(const std::string& name) {
  return (name == "p" ? a_key() : another_key()).public_key().pem();
}

class Summarise : public VerifyModel {
 protected:
  Summarise() : signer_(key_signer(a_key(KeyType::kEcP384), {})) {
    manifest_ = sign();
    summarise_.verifier_id = "https://verifier.example";
    summarise_.resource_uri = "https://models.example/model";
    summarise_.policy_uri = "https://policies.example/1";
    summarise_.output = model() / "model.sig.d/verification_summary.sig";
    summarise_.signer = signer_.get();
    demand("{signers: {trainer: {key: t}}, network: denied}");
  }

  void demand(const std::string& provenance, const std::string& more = "") {
    auto policy = Policy::parse(fmt::format("schema: weightmark.policy.v1\npublishers: {{acme: {{models: [model], "
                                            "signers: {{release: {{key: p}}}}, provenance: {}}}}}\n{}",
                                            provenance, more),
                                key_file);
    EXPECT_EQ(code_of(policy), "ok");
    options_.policy = *policy;
  }

  void attest_made(const std::string& network) {
    Provenance it;
    it.builder_id = "https://trainer.example/1";
    it.dependencies = {{"mix", "hf://datasets/acme/mix@1", {}, "", "", {}}};
    Training made;
    made.parameters.entry_point = {"train"};
    made.conditions.network = network;
    made.conditions.filesystem = "confined";
    made.conditions.io_uring = "denied";
    made.conditions.tier = "B";
    made.conditions.mode = "none";
    made.dependencies.resize(1);
    write_training(made, it);
    const std::string statement = write_attestation(manifest_, kProvenanceV1, write_provenance(it));
    temp_.write("model/model.sig.d/made.sig", write_bundle(key_bundle(statement, another_key())));
  }

  Result<Summarised> summarise() {
    summarise_.verify = options_;
    return summarise_model(summarise_);
  }

  // written reads the summary back; its statement must be about `about`.
  VerificationSummary written(const Manifest& about) {
    const auto bundle = parse_bundle(read_file(summarise_.output, kMaxBundleSize).value());
    EXPECT_TRUE(bundle);
    const auto statement = parse_statement(as_text(bundle->envelope.payload));
    EXPECT_TRUE(statement);
    EXPECT_EQ(statement->predicate_type, kVsaType);
    EXPECT_NE(find_subject(statement->subjects, about), nullptr);
    return parse_vsa(statement->predicate()).value();
  }

  bool is_written() const { return fs::exists(summarise_.output); }

  std::unique_ptr<Signer> signer_;
  Manifest manifest_;
  SummariseOptions summarise_;
};

TEST_F(Summarise, WritesWhatPassed) {
  attest_made("denied");
  const auto done = summarise();
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_TRUE(done->passed);
  // Whoever vouches for others checks digests and trees.
  EXPECT_EQ(done->verification.report.files.front().coverage, Coverage::kWhole);
  const VerificationSummary summary = written(manifest_);
  EXPECT_TRUE(summary.passed);
  EXPECT_EQ(summary.levels, (std::vector<std::string>{"SLSA_BUILD_LEVEL_1"}));
  EXPECT_EQ(summary.verifier_id, "https://verifier.example");
  EXPECT_EQ(summary.resource_uri, "https://models.example/model");
  EXPECT_EQ(summary.verified, Instant(options_.time));
  EXPECT_EQ(summary.policy.uri, "https://policies.example/1");
  EXPECT_EQ(summary.policy.digests.size(), 2U);
  EXPECT_EQ(summary.inputs.size(), 2U) << "the signature and the provenance";
  EXPECT_EQ(summary.dependency_levels.at(0).second, 1);
}

TEST_F(Summarise, WritesWhatFailedAsFailed) {
  attest_made("open");
  const auto done = summarise();
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_FALSE(done->passed);
  EXPECT_EQ(done->verification.report.exit_status(), 1);
  const VerificationSummary summary = written(manifest_);
  EXPECT_FALSE(summary.passed);
  EXPECT_EQ(summary.levels, (std::vector<std::string>{"FAILED"}));
}

// What failed is what lies there, not what was signed.
TEST_F(Summarise, NamesTheDigestsOfWhatFailed) {
  attest_made("denied");
  temp_.write("model/a", "firsT");
  ASSERT_TRUE(summarise());
  const Manifest there = hash_model({.model = model(), .name = "model"}).value().manifest;
  EXPECT_FALSE(written(there).passed);
}

TEST_F(Summarise, WritesNothingThatCannotBeTold) {
  attest_made("");
  const auto done = summarise();
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_FALSE(done->passed);
  EXPECT_EQ(done->verification.report.exit_status(), 3);
  EXPECT_FALSE(is_written());
}

TEST_F(Summarise, WritesNothingOfWhatIsJustAllowed) {
  fs::remove(model() / "model.sig");
  demand("{}", "unsigned: allowed\n");
  const auto done = summarise();
  ASSERT_TRUE(done);
  EXPECT_EQ(done->verification.report.exit_status(), 4);
  EXPECT_FALSE(is_written());
}

TEST_F(Summarise, RestsOnNoOtherSummary) {
  VerificationSummary other;
  other.verifier_id = "https://other.example";
  other.verified = options_.time;
  other.resource_uri = "r";
  other.policy = {"", {{"sha256", std::string(64, '7')}}};
  other.passed = true;
  const std::string statement = write_attestation(manifest_, kVsaType, write_vsa(other));
  temp_.write("model/model.sig.d/other.sig", write_bundle(key_bundle(statement, another_key())));
  demand(
      "{signers: {trainer: {key: t}}, summary: {verifier: 'https://other.example', signers: {v: {key: t}}, policies: "
      "['sha256:" +
      std::string(64, '7') + "'], resource: r, level: 0, max-age: 1}}");
  EXPECT_EQ(code(verify()), "ok");
  const auto done = summarise();
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_EQ(code(done->verification.report), "provenance-missing");
  EXPECT_FALSE(written(manifest_).passed);
}

TEST_F(Summarise, IsAboutAllOfAModel) {
  attest_made("denied");
  options_.files = {"a"};
  EXPECT_EQ(code_of(summarise()), "usage");
  options_.files.clear();
  options_.policy.reset();
  EXPECT_EQ(code_of(summarise()), "usage");
  demand("{signers: {trainer: {key: t}}}");
  summarise_.resource_uri.clear();
  EXPECT_EQ(code_of(summarise()), "usage");
  EXPECT_FALSE(is_written());
}

}  // namespace
}  // namespace weightmark
