// Whose provenance and whose summaries count by a policy: single faults, each by its code.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "attest/attestation.h"
#include "attest/training.h"
#include "attest/vsa.h"
#include "verify/bundle_testing.h"
#include "verify/verifier.h"

namespace weightmark {
namespace {

using ::testing::HasSubstr;
using namespace testing;

constexpr Time kNow{std::chrono::seconds(1'800'000'000)};
const std::string kPolicyHex(64, '7');

SigningKey& publisher_key() { return a_key(); }
SigningKey& trainer_key() { return another_key(); }
SigningKey& verifier_key() { return a_key(KeyType::kEcP384); }
SigningKey& strange_key() { return another_key(KeyType::kEcP384); }

Policy policy_of(const std::string& provenance, const std::string& more = "") {
  const std::string text = fmt::format(
      "schema: weightmark.policy.v1\npublishers:\n  acme:\n    models: [model]\n    signers: {{release: {{key: "
      "p}}}}\n{}{}",
      provenance.empty() ? "" : "    provenance: " + provenance + "\n", more);
  const auto policy = Policy::parse(text, [](const std::string& name) -> Result<std::string> {
    SigningKey& key = name == "p" ? publisher_key() : name == "t" ? trainer_key() : verifier_key();
    return key.public_key().pem();
  });
  EXPECT_TRUE(policy) << provenance << describe(policy.error());
  return *policy;
}

const Manifest& manifest() {
  static const Manifest it = [] {
    Manifest made = a_manifest({{"a", "one"}, {"b", "two"}});
    return made;
  }();
  return it;
}

Provenance training(const std::function<void(Training&)>& change = {}) {
  Provenance it;
  it.builder_id = "https://trainer.example/1";
  it.started = parse_rfc3339("2026-03-02T08:00:11Z");
  it.finished = parse_rfc3339("2026-03-02T09:00:11Z");
  it.dependencies = {{"mix", "hf://datasets/acme/mix@1", {{"sha256", std::string(64, 'a')}}, "", "", {}}};
  Training made;
  made.parameters.entry_point = {"train"};
  made.conditions.network = "denied";
  made.conditions.filesystem = "confined";
  made.conditions.io_uring = "denied";
  made.conditions.tier = "A";
  made.conditions.mode = "fanotify";
  made.conditions.complete = true;
  made.dependencies.resize(1);
  made.dependencies[0].kind = "dataset";
  made.dependencies[0].evidence = kEvidenceObserved;
  if (change) change(made);
  write_training(made, it);
  return it;
}

FoundAttestation attested(const std::string& path, std::string_view type, const std::string& predicate, SigningKey& key,
                          const Manifest& about) {
  const Bundle bundle = key_bundle(write_attestation(about, type, predicate), key);
  return {path, std::string(64, '5'), {ProvenanceEnvelope::Form::kBundle, bundle, ""}};
}

FoundAttestation provenance(const Provenance& it = training(), SigningKey& key = trainer_key(),
                            const Manifest& about = manifest()) {
  return attested("p.sig", kProvenanceV1, write_provenance(it), key, about);
}

struct Outcome {
  std::string result;  // "accepted" or the code
  std::string message;
  std::vector<std::string> warnings;
  std::optional<JudgementReport> report;
  bool bound_by_digests = false;
};

Outcome decide(const Policy& policy, const FoundAttestations& found, const Manifest& signed_manifest = manifest()) {
  Outcome outcome;
  std::vector<Check> checks;
  const PolicyTrust trust{policy, std::nullopt};
  const std::vector<FoundSignature> signatures = {{"model.sig", key_bundle(signed_manifest, publisher_key())}};
  const auto model = Verifier::verify_policy(signatures, trust, kNow, checks, outcome.warnings);
  EXPECT_TRUE(model) << describe(model.error());
  const auto made = Verifier::verify_made(*model, found, trust, kNow, checks, outcome.warnings, outcome.report);
  const bool recorded = std::ranges::any_of(checks, [](const Check& check) { return check.error.has_value(); });
  EXPECT_EQ(recorded, !made);
  outcome.result = made ? "accepted" : std::string(code_name(made.error().code));
  if (!made) outcome.message = describe(made.error());
  outcome.bound_by_digests = made && (*made)->bound_by_digests;
  return outcome;
}

constexpr const char* kDemands = "{signers: {trainer: {key: t}}, network: denied}";

// --- provenance

TEST(VerifyMade, PassesWhereNothingIsDemanded) {
  const Outcome outcome = decide(policy_of(""), {});
  EXPECT_EQ(outcome.result, "accepted");
  EXPECT_FALSE(outcome.report);
}

TEST(VerifyMade, AcceptsProvenanceThatHolds) {
  const Outcome outcome = decide(policy_of(kDemands), {{provenance()}, {}, {}});
  ASSERT_EQ(outcome.result, "accepted") << outcome.message;
  const JudgementReport& report = *outcome.report;
  EXPECT_EQ(report.answer, Answer::kHolds);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].rule, "network");
  ASSERT_EQ(report.provenance.size(), 1U);
  EXPECT_EQ(report.provenance[0].path, "p.sig");
  EXPECT_EQ(report.provenance[0].signer_name, "trainer");
  EXPECT_EQ(report.provenance[0].signer.key_fingerprint, trainer_key().public_key().fingerprint());
  EXPECT_EQ(report.builder, "https://trainer.example/1");
  EXPECT_EQ(report.level, 1U);
  EXPECT_EQ(report.dependencies, 1U);
  EXPECT_TRUE(outcome.bound_by_digests) << "the statement names no digest of trees";
}

TEST(VerifyMade, RefusesWhereThereIsNone) {
  EXPECT_EQ(decide(policy_of(kDemands), {}).result, "provenance-missing");
  EXPECT_EQ(decide(policy_of("{}"), {}).result, "provenance-missing");
}

TEST(VerifyMade, CountsOnlySignersOfProvenance) {
  EXPECT_EQ(decide(policy_of(kDemands), {{provenance(training(), strange_key())}, {}, {}}).result, "key-other-curve");
  EXPECT_EQ(decide(policy_of(kDemands), {{provenance(training(), publisher_key())}, {}, {}}).result, "key-mismatch");
  EXPECT_EQ(decide(policy_of("{}"), {{provenance(training(), publisher_key())}, {}, {}}).result, "accepted");
  const std::string revoked = "revoked: [{key: '" + trainer_key().public_key().fingerprint() + "'}]\n";
  EXPECT_EQ(decide(policy_of(kDemands, revoked), {{provenance()}, {}, {}}).result, "policy-revoked");
  const Outcome both = decide(policy_of(kDemands), {{provenance(training(), strange_key()), provenance()}, {}, {}});
  EXPECT_EQ(both.result, "accepted");
  ASSERT_EQ(both.warnings.size(), 1U);
  EXPECT_THAT(both.warnings[0], HasSubstr("does not count"));
}

TEST(VerifyMade, RefusesProvenanceOfAnotherModel) {
  const Manifest other = a_manifest({{"a", "other"}, {"b", "two"}});
  EXPECT_EQ(decide(policy_of(kDemands), {{provenance(training(), trainer_key(), other)}, {}, {}}).result,
            "subject-other");
}

TEST(VerifyMade, RefusesABuilderThatClaimsToBeAPlatform) {
  Provenance claimed = training();
  claimed.builder_id = "https://github.com/acme/train/.github/workflows/train.yml@refs/tags/v1";
  EXPECT_EQ(decide(policy_of(kDemands), {{provenance(claimed)}, {}, {}}).result, "provenance-builder-signer");
}

TEST(VerifyMade, SaysWhatDoesNotHoldAndWhatCannotBeTold) {
  const auto open = training([](Training& it) { it.conditions.network = "open"; });
  const Outcome fails = decide(policy_of(kDemands), {{provenance(open)}, {}, {}});
  EXPECT_EQ(fails.result, "judgement-fails");
  EXPECT_THAT(fails.message, HasSubstr("network: the command had a network"));
  ASSERT_TRUE(fails.report);
  EXPECT_EQ(fails.report->answer, Answer::kDoesNotHold);
  const auto silent = training([](Training& it) { it.conditions.network = ""; });
  const Outcome unknown = decide(policy_of(kDemands), {{provenance(silent)}, {}, {}});
  EXPECT_EQ(unknown.result, "judgement-unknown");
  EXPECT_EQ(unknown.report->answer, Answer::kCannotTell);
}

TEST(VerifyMade, ComparesWithTheVersionBefore) {
  const auto by = [](const std::string& who) {
    return training([&](Training& it) {
      it.dependencies[0].signature = InputSignature{std::string(64, 'c'), who, "https://accounts.example", true};
    });
  };
  const Policy policy = policy_of("{signers: {trainer: {key: t}}, inputs: {signer-changes: forbidden}}");
  const Manifest old = a_manifest({{"a", "old"}});
  const auto result = [&](const std::string& who, SigningKey& key) {
    return decide(policy, {{provenance(by("a@example.com"))}, {}, {provenance(by(who), key, old)}}).result;
  };
  EXPECT_EQ(result("a@example.com", trainer_key()), "accepted");
  EXPECT_EQ(result("b@example.com", trainer_key()), "judgement-fails");
  EXPECT_EQ(result("a@example.com", strange_key()), "key-other-curve");
  EXPECT_EQ(decide(policy, {{provenance(by("a@example.com"))}, {}, {}}).result, "judgement-unknown");
}

// --- summaries

std::string with_summary(const std::string& level = "2") {
  return fmt::format(
      "{{signers: {{trainer: {{key: t}}}}, network: denied, summary: {{verifier: 'https://verifier.example', signers: "
      "{{v: {{key: v}}}}, policies: ['sha256:{0}', 'weightmarkPolicyV1:{0}'], resource: "
      "'https://models.example/{{name}}', "
      "level: {1}, max-age: 30}}}}",
      kPolicyHex, level);
}

VerificationSummary passed() {
  VerificationSummary it;
  it.verifier_id = "https://verifier.example";
  it.verified = kNow - std::chrono::days(1);
  it.resource_uri = "https://models.example/model";
  it.policy = {"", {{"sha256", kPolicyHex}}};
  it.passed = true;
  it.levels = {"SLSA_BUILD_LEVEL_2"};
  return it;
}

Outcome decide_summary(const std::function<void(VerificationSummary&)>& change, SigningKey& key = verifier_key(),
                       const Manifest& about = manifest()) {
  VerificationSummary it = passed();
  if (change) change(it);
  return decide(policy_of(with_summary()), {{}, {attested("v.sig", kVsaType, write_vsa(it), key, about)}, {}});
}

TEST(VerifySummary, AcceptsWhatThePolicyNames) {
  const Outcome outcome = decide_summary({});
  ASSERT_EQ(outcome.result, "accepted") << outcome.message;
  ASSERT_TRUE(outcome.report && outcome.report->summary);
  EXPECT_EQ(outcome.report->answer, Answer::kHolds);
  EXPECT_EQ(outcome.report->summary->path, "v.sig");
  EXPECT_EQ(outcome.report->summary->signer_name, "v");
  EXPECT_EQ(outcome.report->summary->level, 2U);
  EXPECT_EQ(outcome.report->level, 2U);
  EXPECT_TRUE(outcome.report->provenance.empty());
  EXPECT_TRUE(outcome.bound_by_digests);
  EXPECT_EQ(decide_summary([](VerificationSummary& it) {
              it.policy.digests = {{"weightmarkPolicyV1", kPolicyHex}};
              it.levels = {"SLSA_BUILD_LEVEL_3", "OTHER"};
              it.verified = kNow - std::chrono::days(30);
            }).result,
            "accepted");
}

TEST(VerifySummary, RefusesEachOtherByItsCode) {
  using Summary = VerificationSummary;
  EXPECT_EQ(decide_summary([](Summary& it) { it.verifier_id = "https://eve.example"; }).result, "vsa-verifier");
  EXPECT_EQ(decide_summary([](Summary& it) { it.policy.digests = {{"sha256", std::string(64, '8')}}; }).result,
            "vsa-policy");
  EXPECT_EQ(decide_summary([](Summary& it) { it.policy = {"sha256:" + kPolicyHex, {}}; }).result, "vsa-policy");
  EXPECT_EQ(decide_summary([](Summary& it) { it.resource_uri = "https://models.example/other"; }).result,
            "vsa-resource");
  EXPECT_EQ(decide_summary([](Summary& it) { it.passed = false; }).result, "vsa-failed");
  EXPECT_EQ(decide_summary([](Summary& it) { it.levels = {"SLSA_BUILD_LEVEL_2", "FAILED"}; }).result, "vsa-failed");
  EXPECT_EQ(decide_summary([](Summary& it) { it.levels = {"SLSA_BUILD_LEVEL_1"}; }).result, "vsa-level");
  EXPECT_EQ(decide_summary([](Summary& it) { it.levels = {"SLSA_SOURCE_LEVEL_3"}; }).result, "vsa-level");
  EXPECT_EQ(
      decide_summary([](Summary& it) { it.verified = kNow - std::chrono::days(30) - std::chrono::seconds(1); }).result,
      "vsa-age");
  EXPECT_EQ(decide_summary([](Summary& it) { it.verified = kNow + std::chrono::minutes(6); }).result, "vsa-age");
  EXPECT_EQ(decide_summary({}, strange_key()).result, "key-mismatch");
  EXPECT_EQ(decide_summary({}, verifier_key(), a_manifest({{"a", "other"}})).result, "subject-other");
  const FoundAttestation malformed = attested("v.sig", kVsaType, "{}", verifier_key(), manifest());
  EXPECT_EQ(decide(policy_of(with_summary()), {{}, {malformed}, {}}).result, "vsa-malformed");
  const FoundAttestation other =
      attested("v.sig", "https://slsa.dev/verification_summary/v9", write_vsa(passed()), verifier_key(), manifest());
  EXPECT_EQ(decide(policy_of(with_summary()), {{}, {other}, {}}).result, "predicate-other");
}

// p1363 is what a DER signature with P-384 says, both numbers in full length.
Bytes p1363(const Bytes& der) {
  Bytes raw;
  std::size_t at = 2;
  for (int i = 0; i < 2; ++i) {
    Bytes number(der.begin() + static_cast<std::ptrdiff_t>(at) + 2,
                 der.begin() + static_cast<std::ptrdiff_t>(at) + 2 + der.at(at + 1));
    at += 2 + number.size();
    if (number.size() > 48) number.erase(number.begin());
    number.insert(number.begin(), 48 - number.size(), 0);
    raw.insert(raw.end(), number.begin(), number.end());
  }
  return raw;
}

TEST(VerifySummary, TakesBareEnvelopesAndBothEncodings) {
  FoundAttestation bare = attested("v.json", kVsaType, write_vsa(passed()), verifier_key(), manifest());
  bare.envelope.form = ProvenanceEnvelope::Form::kBare;
  bare.envelope.bundle.media_type = "";
  bare.envelope.bundle.material = PublicKeyMaterial{};
  EXPECT_EQ(decide(policy_of(with_summary()), {{}, {bare}, {}}).result, "accepted");
  bare.envelope.bundle.envelope.signature = p1363(bare.envelope.bundle.envelope.signature);
  EXPECT_EQ(decide(policy_of(with_summary()), {{}, {bare}, {}}).result, "accepted");
  bare.envelope.bundle.envelope.signature[50] ^= 1U;
  EXPECT_EQ(decide(policy_of(with_summary()), {{}, {bare}, {}}).result, "signature-invalid");
}

TEST(VerifySummary, RefusesOneByWhoeverSignedTheModel) {
  std::string text = with_summary();
  text.replace(text.find("{key: v}"), 8, "{key: p}");
  const FoundAttestation own = attested("v.sig", kVsaType, write_vsa(passed()), publisher_key(), manifest());
  const Outcome outcome = decide(policy_of(text), {{}, {own}, {}});
  EXPECT_EQ(outcome.result, "vsa-verifier");
  EXPECT_THAT(outcome.message, HasSubstr("whoever signed the model"));
}

TEST(VerifySummary, GoesBackToTheEvidence) {
  VerificationSummary failed = passed();
  failed.passed = false;
  const FoundAttestation summary = attested("v.sig", kVsaType, write_vsa(failed), verifier_key(), manifest());
  const Outcome outcome = decide(policy_of(with_summary()), {{provenance()}, {summary}, {}});
  EXPECT_EQ(outcome.result, "accepted") << outcome.message;
  EXPECT_FALSE(outcome.report->summary);
  ASSERT_EQ(outcome.warnings.size(), 1U);
  EXPECT_THAT(outcome.warnings[0], HasSubstr("it says that the model failed"));
}

TEST(VerifySummary, IsNothingToAPolicyThatNamesNoVerifier) {
  const FoundAttestation summary = attested("v.sig", kVsaType, write_vsa(passed()), verifier_key(), manifest());
  EXPECT_EQ(decide(policy_of(kDemands), {{}, {summary}, {}}).result, "provenance-missing");
}

// The model's own signature and the deny list are looked at all the same.
TEST(VerifySummary, DoesNotHelpADeniedModel) {
  const std::string deny = "deny: ['sha256:" + manifest().root.hex() + "']\n";
  std::vector<Check> checks;
  std::vector<std::string> warnings;
  const PolicyTrust trust{policy_of(with_summary(), deny), std::nullopt};
  const auto model =
      Verifier::verify_policy({{"model.sig", key_bundle(manifest(), publisher_key())}}, trust, kNow, checks, warnings);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kPolicyDenied);
}

}  // namespace
}  // namespace weightmark
