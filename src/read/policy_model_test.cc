// Verifying a model on disk by a policy: signatures in all places, uncovered files,
// models without a signature.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "read/verify_model_testing.h"
#include "weightmark/reader.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

Result<std::string> key_file(const std::string& name) {
  return (name == "a" ? a_key() : another_key()).public_key().pem();
}

class PolicyModels : public VerifyModel {
 protected:
  // demand makes the policy: both keys may sign models named model.
  void demand(unsigned threshold, const std::string& more = "") {
    auto policy = Policy::parse(fmt::format("schema: weightmark.policy.v1\n"
                                            "publishers: {{acme: {{models: [model], threshold: {}, signers: "
                                            "{{a: {{key: a}}, b: {{key: b}}}}}}}}\n{}",
                                            threshold, more),
                                key_file);
    EXPECT_EQ(code_of(policy), "ok");
    options_.policy = *policy;
  }

  void sign_also(const Manifest& manifest, const fs::path& path = "model/model.sig.d/b.sig") {
    temp_.write(path, write_bundle(key_bundle(manifest, another_key())));
  }

  Report verify_unsigned() {
    Verification verification = verify_model(options_);
    EXPECT_FALSE(verification.manifest);
    EXPECT_TRUE(parse_json(report_json(verification.report)));
    return verification.report;
  }
};

TEST_F(PolicyModels, AcceptsOneSignature) {
  sign();
  demand(1);
  Report report = verify();
  EXPECT_THAT(ids(report), ElementsAre("bundle", "signature", "statement", "policy", "files"));
  EXPECT_EQ(report.signature, (model() / "model.sig").native());
  ASSERT_TRUE(report.policy);
  EXPECT_EQ(report.policy->publisher, "acme");
  EXPECT_EQ(report.policy->signers.at(0).name, "a");
  EXPECT_THAT(report_json(report), HasSubstr(R"("publisher": "acme")"));
  demand(2);
  EXPECT_THAT(ids(verify()), ElementsAre("policy: policy-threshold"));
}

TEST_F(PolicyModels, CountsSignaturesInTheFolder) {
  const Manifest manifest = sign();
  sign_also(manifest);
  demand(2);
  Report report = verify();
  EXPECT_EQ(code(report), "ok");
  EXPECT_EQ(report.policy->signers.size(), 2U);
  EXPECT_THAT(files(report), ElementsAre("a: tree", "model.sig: ignored", "model.sig.d: ignored", "sub/b: tree"));
  temp_.write("model/a", "firsT");
  EXPECT_EQ(code(verify()), "file-mismatch");
}

TEST_F(PolicyModels, CountsThemWithoutAFirst) {
  const Manifest manifest = sign();
  fs::remove(model() / "model.sig");
  sign_also(manifest);
  demand(1);
  Report report = verify();
  EXPECT_EQ(code(report), "ok");
  EXPECT_THAT(report.signature, HasSubstr("model.sig.d/b.sig"));
}

TEST_F(PolicyModels, CountsThoseOfASingleFile) {
  temp_.write("one", "first");
  options_.model = hash_.model = temp_ / "one";
  hash_.name = "model";
  auto hashed = hash_model(hash_);
  write_signature(hashed->manifest, "one.sig");
  sign_also(hashed->manifest, "one.sig.d/b.sig");
  demand(2);
  EXPECT_EQ(code(verify()), "ok");
}

TEST_F(PolicyModels, WarnsOfWhatIsNoSignature) {
  sign();
  temp_.write("model/model.sig.d/notes.txt", "nothing");
  demand(1);
  Report report = verify();
  EXPECT_EQ(code(report), "ok");
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_THAT(report.warnings[0], HasSubstr("model.sig.d/notes.txt does not count"));
}

TEST_F(PolicyModels, BoundsTheSignatures) {
  sign();
  for (int i = 0; i < 33; ++i) temp_.write(fmt::format("model/model.sig.d/{}.sig", i), "{}");
  demand(1);
  EXPECT_EQ(code(verify()), "signatures-too-many");
}

// Both sign the same digests, and only one the trees: he alone vouches for those.
TEST_F(PolicyModels, GoesByDigestsWhereSignersShareOnlyThose) {
  Manifest manifest = sign();
  for (FileEntry& file : manifest.files) file.tree.reset();
  complete_manifest(manifest);
  sign_also(manifest);
  demand(2);
  EXPECT_THAT(files(verify()), ElementsAre("a: whole", "model.sig: ignored", "model.sig.d: ignored", "sub/b: whole"));
}

TEST_F(PolicyModels, KeepsExpectations) {
  sign();
  demand(1);
  options_.expectations.name = "other";
  EXPECT_EQ(code(verify()), "name-mismatch");
}

// --- files

TEST_F(PolicyModels, ForbidsUncoveredFiles) {
  hash_.ignore_paths = {"notes"};
  sign();
  demand(1, "uncovered-files: forbidden");
  EXPECT_EQ(code(verify()), "ok");
  temp_.write("model/notes", "");
  EXPECT_THAT(files(verify()), ElementsAre("a: tree", "model.sig: ignored", "notes: policy-uncovered", "sub/b: tree"));
  fs::remove(model() / "notes");
  temp_.write("model/.git/x", "");
  EXPECT_EQ(code(verify()), "policy-uncovered");
  demand(1);
  EXPECT_EQ(code(verify()), "ok");
}

TEST_F(PolicyModels, ForbidsThemWhateverTheCallerTolerates) {
  sign();
  temp_.write("model/extra", "");
  options_.ignore_unsigned_files = true;
  demand(1);
  EXPECT_EQ(code(verify()), "ok");
  demand(1, "uncovered-files: forbidden");
  EXPECT_EQ(code(verify()), "file-extra");
}

TEST_F(PolicyModels, ForbidsContents) {
  temp_.write("model/code.py", "import os");
  sign();
  demand(1);
  EXPECT_EQ(code(verify()), "ok");
  EXPECT_FALSE(verify().content);
  options_.content_facts = true;
  ASSERT_TRUE(verify().content);
  EXPECT_EQ(verify().content->size(), 1U);
  options_.content_facts = false;
  demand(1, "content: {escapes: forbidden}");
  EXPECT_EQ(code(verify()), "ok");
  demand(1, "content: {code: forbidden}");
  const Report report = verify();
  EXPECT_EQ(code(report), "policy-content");
  EXPECT_EQ(report.first_error()->subject, "code.py");
  EXPECT_EQ(code_of(VerifiedModel::open(options_).value().check_files()), "policy-content");
  options_.files = {"a"};
  EXPECT_EQ(code(verify()), "ok");
}

TEST_F(PolicyModels, ForbidsNothingInAPart) {
  sign();
  options_.files = {"a"};
  demand(1, "uncovered-files: forbidden");
  EXPECT_EQ(code(verify()), "ok");
}

// A signer lists the denied content's tree beside the digest of another.
TEST_F(PolicyModels, ComparesDeniedDigestsWithWhatIsThere) {
  Manifest manifest = sign();
  manifest.files[0].digest = sha256("harmless");
  complete_manifest(manifest);
  write_signature(manifest);
  demand(1, "deny: ['sha256:" + sha256("first").hex() + "']");
  EXPECT_EQ(code(verify()), "tree-conflict");
}

// --- models without a signature

TEST_F(PolicyModels, RefusesUnsignedModels) {
  demand(1);
  EXPECT_THAT(ids(verify()), ElementsAre("bundle: signature-not-found"));
  demand(1, "unsigned: refused");
  EXPECT_EQ(code(verify()), "signature-not-found");
}

TEST_F(PolicyModels, AllowsUnsignedModelsAsSuch) {
  demand(1, "unsigned: allowed");
  Report report = verify_unsigned();
  EXPECT_EQ(report.verdict, Verdict::kUnsigned);
  EXPECT_EQ(report.exit_status(), 4);
  EXPECT_THAT(ids(report), ElementsAre("policy"));
  EXPECT_EQ(report.bytes_hashed, 0U);
  EXPECT_EQ(report.model, model().native());
}

TEST_F(PolicyModels, AllowsNoBrokenSignatureAsUnsigned) {
  demand(1, "unsigned: allowed");
  temp_.write("model/model.sig", "{}");
  EXPECT_EQ(code(verify()), "bundle-malformed");
  fs::remove(model() / "model.sig");
  temp_.write("model/model.sig.d/x", "{}");
  EXPECT_EQ(code(verify()), "bundle-malformed");
  fs::remove_all(model() / "model.sig.d");
  options_.signature = temp_ / "nowhere";
  EXPECT_EQ(code(verify()), "signature-not-found");
}

TEST_F(PolicyModels, AllowsNoUnsignedModelOfAnExpectedName) {
  demand(1, "unsigned: allowed");
  options_.expectations.name = "model";
  EXPECT_EQ(code(verify()), "signature-not-found");
}

TEST_F(PolicyModels, DeniesUnsignedModelsByTheirContents) {
  demand(1, "unsigned: allowed\ndeny: ['sha256:" + sha256("second").hex() + "']");
  Report report = verify_unsigned();
  EXPECT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_THAT(ids(report), ElementsAre("policy: policy-denied"));
  EXPECT_EQ(report.first_error()->subject, "sub/b");
  temp_.write("model/sub/b", "harmless");
  EXPECT_EQ(verify_unsigned().exit_status(), 4);
}

}  // namespace
}  // namespace weightmark
