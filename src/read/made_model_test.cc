// Verifying a model on disk whose policy demands provenance.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "attest/attestation.h"
#include "attest/training.h"
#include "attest/vsa.h"
#include "read/verify_model_testing.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

Result<std::string> key_file(const std::string& name) {
  SigningKey& key = name == "p" ? a_key() : name == "t" ? another_key() : a_key(KeyType::kEcP384);
  return key.public_key().pem();
}

const std::string kPolicyHex(64, '7');

class MadeModels : public VerifyModel {
 protected:
  MadeModels() { manifest_ = sign(); }

  void demand(const std::string& provenance, const std::string& more = "") {
    auto policy = Policy::parse(fmt::format("schema: weightmark.policy.v1\npublishers: {{acme: {{models: [model], "
                                            "signers: {{release: {{key: p}}}}, provenance: {}}}}}\n{}",
                                            provenance, more),
                                key_file);
    ASSERT_EQ(code_of(policy), "ok");
    options_.policy = *policy;
  }

  static std::string training(const std::string& network = "denied") {
    Provenance it;
    it.builder_id = "https://trainer.example/1";
    Training made;
    made.parameters.entry_point = {"train"};
    made.conditions.network = network;
    made.conditions.filesystem = "confined";
    made.conditions.io_uring = "denied";
    made.conditions.tier = "B";
    made.conditions.mode = "none";
    write_training(made, it);
    return write_provenance(it);
  }

  void attest(std::string_view type, const std::string& predicate, SigningKey& key, const std::string& place) {
    temp_.write(place, write_bundle(key_bundle(write_attestation(manifest_, type, predicate), key)));
  }

  void attest_made(const std::string& network = "denied", const std::string& place = "model/model.sig.d/made.sig") {
    attest(kProvenanceV1, training(network), another_key(), place);
  }

  // tamper changes a byte and leaves the length.
  void tamper() { temp_.write("model/a", "firsT"); }

  Manifest manifest_;
};

constexpr const char* kDemands = "{signers: {trainer: {key: t}}, network: denied}";

TEST_F(MadeModels, FindsProvenanceInTheFolder) {
  demand(kDemands);
  EXPECT_THAT(ids(verify()),
              ElementsAre("bundle", "signature", "statement", "policy", "provenance: provenance-missing"));
  attest_made();
  const Report report = verify();
  EXPECT_THAT(ids(report), ElementsAre("bundle", "signature", "statement", "policy", "judgement", "files"));
  ASSERT_TRUE(report.judgement);
  EXPECT_EQ(report.judgement->answer, Answer::kHolds);
  EXPECT_EQ(report.judgement->provenance.at(0).sha256.size(), 64U);
  EXPECT_THAT(report_json(report), HasSubstr(R"("rule": "network")"));
  EXPECT_EQ(report.exit_status(), 0);
}

TEST_F(MadeModels, EndsWithTheStatusOfTheAnswer) {
  demand(kDemands);
  attest_made("open");
  const Report fails = verify();
  EXPECT_EQ(code(fails), "judgement-fails");
  EXPECT_EQ(fails.exit_status(), 1);
  EXPECT_EQ(fails.judgement->answer, Answer::kDoesNotHold);
  EXPECT_TRUE(fails.signer && fails.subject);
  EXPECT_THAT(report_json(fails), HasSubstr(R"("answer": "does-not-hold")"));
  attest_made("");
  const Report unknown = verify();
  EXPECT_EQ(code(unknown), "judgement-unknown");
  EXPECT_EQ(unknown.exit_status(), 3);
}

TEST_F(MadeModels, TakesProvenanceFromElsewhere) {
  demand(kDemands);
  attest_made("denied", "elsewhere.sig");
  EXPECT_EQ(code(verify()), "provenance-missing");
  options_.provenance = temp_ / "elsewhere.sig";
  EXPECT_EQ(code(verify()), "ok");
  attest_made("open");
  EXPECT_EQ(code(verify()), "ok") << "what is named is what is judged";
  options_.provenance = temp_ / "nowhere.sig";
  EXPECT_EQ(code(verify()), "provenance-missing");
}

// What others say is matched on digests that were computed in this run.
TEST_F(MadeModels, LooksAtTheBytesAllTheSame) {
  demand(kDemands);
  attest_made();
  tamper();
  EXPECT_EQ(code(verify()), "file-mismatch");
}

// A statement that names only whole files is matched on whole files.
TEST_F(MadeModels, HashesWholeFilesWhereTheStatementKnowsNoTrees) {
  demand(kDemands);
  const std::vector<Subject> subjects = {{"model", {{"sha256", manifest_.root.hex()}}}};
  const std::string statement =
      write_statement(subjects, kProvenanceV1, [&](JsonWriter& writer) { writer.verbatim(training()); });
  temp_.write("model/model.sig.d/made.sig", write_bundle(key_bundle(statement, another_key())));
  const auto coverage = [&] { return verify().files.front().coverage; };
  EXPECT_EQ(coverage(), Coverage::kWhole);
  attest_made();
  EXPECT_EQ(coverage(), Coverage::kTree);
}

// --- summaries

class SummarisedModels : public MadeModels {
 protected:
  SummarisedModels() {
    summary_.verifier_id = "https://verifier.example";
    summary_.verified = options_.time;
    summary_.resource_uri = "https://models.example/model";
    summary_.policy = {"", {{"sha256", kPolicyHex}}};
    summary_.passed = true;
    summary_.levels = {"SLSA_BUILD_LEVEL_1"};
  }

  void summarise() {
    attest(kVsaType, write_vsa(summary_), a_key(KeyType::kEcP384), "model/model.sig.d/verification_summary.sig");
  }

  void trust_verifier(const std::string& more = "") {
    demand(fmt::format("{{signers: {{trainer: {{key: t}}}}, network: denied, summary: {{verifier: "
                       "'https://verifier.example', signers: {{v: {{key: v}}}}, policies: ['sha256:{}'], resource: "
                       "'https://models.example/{{name}}', level: 1, max-age: 30}}}}",
                       kPolicyHex),
           more);
  }

  VerificationSummary summary_;
};

TEST_F(SummarisedModels, AreAcceptedInPlaceOfProvenance) {
  trust_verifier();
  summarise();
  const Report report = verify();
  EXPECT_THAT(ids(report), ElementsAre("bundle", "signature", "statement", "policy", "summary", "files"));
  EXPECT_THAT(report_json(report), HasSubstr(R"("verifier": "https://verifier.example")"));
  options_.accept_summaries = false;
  EXPECT_EQ(code(verify()), "provenance-missing");
}

TEST_F(SummarisedModels, AreLookedAtAllTheSame) {
  summarise();
  trust_verifier("deny: ['sha256:" + manifest_.files.at(0).digest->hex() + "']\n");
  EXPECT_EQ(code(verify()), "policy-denied");
  trust_verifier();
  temp_.write("model/model.sig", write_bundle(key_bundle(manifest_, another_key())));
  EXPECT_EQ(code(verify()), "key-mismatch");
  sign();
  tamper();
  EXPECT_EQ(code(verify()), "file-mismatch");
}

TEST_F(SummarisedModels, AreRefusedWithTheirCode) {
  trust_verifier();
  summary_.verified = options_.time - std::chrono::days(31);
  summarise();
  EXPECT_THAT(ids(verify()), ElementsAre("bundle", "signature", "statement", "policy", "summary: vsa-age"));
}

}  // namespace
}  // namespace weightmark
