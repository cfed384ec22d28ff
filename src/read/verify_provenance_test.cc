// Provenance of what lies on disk: which file is taken, and the platform's tied to it.
#include <gtest/gtest.h>

#include "attest/attestation.h"
#include "attest/provenance.h"
#include "attest/training.h"
#include "model/model_testing.h"
#include "verify/bundle_testing.h"
#include "weightmark/provenance.h"

namespace weightmark {
namespace {

using namespace testing;

constexpr const char* kBuilder = "https://acme.example/lab";

class VerifyProvenance : public ::testing::Test {
 protected:
  VerifyProvenance() {
    temp_.write("model/a", "first");
    temp_.write("model/b", "second");
    options_.hash.model = temp_ / "model";
    options_.trust.trust = KeyTrust{{a_key().public_key()}};
    options_.expectations.source_uri = "github.com/acme/tinylm";
    options_.time = kTestNow;
  }

  static Provenance provenance() {
    Provenance provenance;
    provenance.builder_id = kBuilder;
    provenance.dependencies = {
        {"source", "git+https://github.com/acme/tinylm@refs/tags/v1", {{"gitCommit", "7f"}}, "", "", {}}};
    Training training;
    training.parameters.entry_point = {"train"};
    training.conditions.network = "denied";
    training.conditions.filesystem = "open";
    training.conditions.io_uring = "denied";
    training.conditions.tier = "D";
    training.conditions.mode = "none";
    training.dependencies.resize(1);
    training.dependencies[0].kind = "source";
    write_training(training, provenance);
    return provenance;
  }

  Manifest manifest() const {
    HashOptions hash;
    hash.model = temp_ / "model";
    return hash_model(hash).value().manifest;
  }

  static std::string bundle_for(const Manifest& manifest, const Provenance& provenance, SigningKey& key = a_key()) {
    return write_bundle(key_bundle(write_attestation(manifest, kProvenanceV1, write_provenance(provenance)), key));
  }

  void write(const std::string& text, const char* name = "slsaprovenance1.sig") const {
    temp_.write(std::string("model/model.sig.d/") + name, text);
  }

  ProvenanceReport verify() const { return verify_provenance(options_); }

  std::string code() const {
    const ProvenanceReport report = verify();
    if (report.verdict == Verdict::kVerified) return "verified";
    return report.first_error() == nullptr ? "?" : std::string(code_name(report.first_error()->code));
  }

  TempFolder temp_;
  VerifyProvenanceOptions options_;
};

TEST_F(VerifyProvenance, IsFoundInTheFolderOfFurtherSignatures) {
  write(bundle_for(manifest(), provenance()));
  const ProvenanceReport report = verify();
  ASSERT_EQ(report.verdict, Verdict::kVerified) << describe(*report.first_error());
  EXPECT_EQ(report.exit_status(), 0);
  EXPECT_EQ(report.level, 1U);
  EXPECT_EQ(report.statement->facts.builder_id, kBuilder);
  EXPECT_EQ(report.statement->facts.subject, "model");
  EXPECT_FALSE(report.platform);
  EXPECT_TRUE(report.warnings.empty());
}

TEST_F(VerifyProvenance, IsTakenFromAnotherNameToo) {
  write("not a bundle", "a.sig");
  write(bundle_for(manifest(), provenance()), "lab.sig");
  EXPECT_EQ(code(), "verified");
}

TEST_F(VerifyProvenance, IsMissing) {
  EXPECT_EQ(code(), "provenance-missing");
  options_.provenance = temp_ / "nowhere";
  EXPECT_EQ(code(), "provenance-missing");
  EXPECT_EQ(verify().exit_status(), 1);
}

TEST_F(VerifyProvenance, IsAboutTheFilesOnDisk) {
  write(bundle_for(manifest(), provenance()));
  temp_.write("model/a", "other");
  EXPECT_EQ(code(), "subject-other");
}

TEST_F(VerifyProvenance, IsSignedByWhomIsTrusted) {
  write(bundle_for(manifest(), provenance(), another_key()));
  EXPECT_EQ(code(), "key-mismatch");
}

TEST_F(VerifyProvenance, IsAsExpected) {
  write(bundle_for(manifest(), provenance()));
  options_.expectations.source_uri = "github.com/acme/other";
  EXPECT_EQ(code(), "provenance-source");
  options_.expectations.source_uri.clear();
  options_.expectations.builder_id = "https://acme.example/other";
  EXPECT_EQ(code(), "provenance-builder");
  options_.expectations.builder_id = kBuilder;
  EXPECT_EQ(code(), "verified");
  options_.expectations.least_level = 2;
  EXPECT_EQ(code(), "provenance-level");
}

TEST_F(VerifyProvenance, IsTheLineThatIsAboutIt) {
  temp_.write("lines", bundle_for(a_manifest({{"x", "y"}, {"z", ""}}), provenance()) + "\n" +
                           bundle_for(manifest(), provenance()) + "\n");
  options_.provenance = temp_ / "lines";
  EXPECT_EQ(code(), "verified");
  temp_.write("lines", bundle_for(a_manifest({{"x", "y"}, {"z", ""}}), provenance()) + "\n");
  EXPECT_EQ(code(), "subject-other");
}

TEST_F(VerifyProvenance, IsOfADigestWhereThereIsNoFile) {
  temp_.write("file", "bytes");
  HashOptions hash;
  hash.model = temp_ / "file";
  temp_.write("p", bundle_for(hash_model(hash).value().manifest, provenance()));
  options_.provenance = temp_ / "p";
  options_.hash.model = "";
  options_.digest = sha256("bytes");
  EXPECT_EQ(code(), "verified");
  options_.digest = sha256("others");
  EXPECT_EQ(code(), "subject-other");
}

TEST_F(VerifyProvenance, OfTwoThatNeedEachOtherIsRefused) {
  const Manifest base = a_manifest({{"x", "y"}, {"z", ""}}, "base");
  Provenance ours = provenance();
  ours.dependencies.push_back({"base", "", {{"sha256", base.root.hex()}}, "", "", {}});
  write(bundle_for(manifest(), ours));
  EXPECT_EQ(code(), "verified");
  Provenance theirs = provenance();
  theirs.dependencies.push_back({"ours", "", {{"sha256", manifest().root.hex()}}, "", "", {}});
  write(bundle_for(base, theirs), "base.sig");
  EXPECT_EQ(code(), "provenance-cyclic");
}

// --- what the platform says

TEST_F(VerifyProvenance, IsNotTiedToWhatNoPlatformMade) {
  write(bundle_for(manifest(), provenance()));
  write(bundle_for(manifest(), provenance()), "other.sig");
  const ProvenanceReport found = verify();
  EXPECT_EQ(found.verdict, Verdict::kVerified);
  EXPECT_EQ(found.level, 1U);
  ASSERT_EQ(found.warnings.size(), 1U);
  options_.platform = temp_ / "model/model.sig.d/other.sig";
  EXPECT_EQ(code(), "provenance-platform");
}

Builders platform(std::string_view source) {
  return Builders::parse(
             "schema: weightmark.builders.v1\nbuilders:\n  - name: ci\n    builder-id: https://ci.example\n"
             "    build-types: ['https://ci.example/v1']\n    parameters: []\n    key: key\n"
             "    said-by: platform\n    level: 3\n" +
                 std::string(source),
             [](const std::string&) { return a_key().public_key().pem(); })
      .value();
}

TEST_F(VerifyProvenance, IsTiedToThePlatformsOfTheSameRun) {
  Provenance ours = provenance();
  ours.invocation_id = "https://ci.example/runs/1";
  write(bundle_for(manifest(), ours));
  Provenance theirs;
  theirs.build_type = "https://ci.example/v1";
  theirs.builder_id = "https://ci.example";
  theirs.invocation_id = ours.invocation_id;
  theirs.dependencies = {{"", "git+https://github.com/acme/tinylm@refs/tags/v1", {{"gitCommit", "7f"}}, "", "", {}}};
  options_.trust.builders = platform("");
  write(bundle_for(manifest(), theirs), "ci.sig");
  const ProvenanceReport report = verify();
  ASSERT_EQ(report.verdict, Verdict::kVerified);
  ASSERT_TRUE(report.platform);
  EXPECT_EQ(report.level, 3U);
  EXPECT_EQ(report.statement->facts.level, 1U);
  options_.expectations.least_level = 3;
  EXPECT_EQ(code(), "verified");
  theirs.invocation_id = "https://ci.example/runs/2";
  write(bundle_for(manifest(), theirs), "ci.sig");
  EXPECT_EQ(code(), "provenance-level");  // what was found does not count
  options_.platform = temp_ / "model/model.sig.d/ci.sig";
  EXPECT_EQ(code(), "provenance-platform");
  options_.platform = std::nullopt;
  options_.expectations.builder_id = kBuilder;  // then the platform's builder is another than is expected
  options_.expectations.least_level = 0;
  EXPECT_EQ(verify().level, 1U);
}

TEST_F(VerifyProvenance, IsReported) {
  write(bundle_for(manifest(), provenance()));
  const std::string json = provenance_report_json(verify());
  EXPECT_NE(json.find("\"schema\": \"weightmark.provenance-report.v1\""), std::string::npos);
  EXPECT_NE(json.find("\"level\": 1"), std::string::npos);
}

}  // namespace
}  // namespace weightmark
