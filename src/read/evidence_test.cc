// What files are compared by, and which of them.
#include <gmock/gmock.h>

#include "attest/oms.h"
#include "read/verify_model_testing.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

using Evidences = VerifyModel;
using Parts = VerifyModel;

TEST_F(Evidences, ComparesWhatItIsAskedTo) {
  sign();
  auto coverage = [&](Evidence evidence) {
    options_.evidence = evidence;
    Report report = verify();
    EXPECT_EQ(report.bytes_hashed, 11U);
    return files(report).front();
  };
  EXPECT_EQ(coverage(Evidence::kTrees), "a: tree");
  EXPECT_EQ(coverage(Evidence::kWholeFiles), "a: whole");
  EXPECT_EQ(coverage(Evidence::kBoth), "a: whole");
}

// A signer lists the digest of one content beside the tree of another, to show
// each to somebody else.
TEST_F(Evidences, FindsADigestAndATreeOfDifferentContents) {
  Manifest manifest = sign();
  manifest.files[0].tree = tree_of("FIRST");
  complete_manifest(manifest);
  write_signature(manifest);
  options_.evidence = Evidence::kWholeFiles;
  EXPECT_EQ(code(verify()), "ok");
  options_.evidence = Evidence::kTrees;
  EXPECT_EQ(code(verify()), "file-mismatch");
  options_.evidence = Evidence::kBoth;
  EXPECT_EQ(code(verify()), "tree-conflict");
  temp_.write("model/a", "FIRST");
  EXPECT_EQ(code(verify()), "tree-conflict");
  options_.evidence = Evidence::kTrees;
  EXPECT_EQ(code(verify()), "ok");
}

// The root digest binds digests but no trees (FORMAT, section 2).
TEST_F(Evidences, ChecksBothWhereTheRootDigestIsExpected) {
  Manifest manifest = sign();
  options_.expectations.digest_hex = manifest.manifest_v1->hex();
  EXPECT_EQ(files(verify()).front(), "a: tree");
  options_.expectations.digest_hex = manifest.root.hex();
  EXPECT_EQ(files(verify()).front(), "a: whole");
  manifest.files[0].tree = tree_of("FIRST");
  complete_manifest(manifest);
  write_signature(manifest);
  temp_.write("model/a", "FIRST");
  EXPECT_EQ(code(verify()), "tree-conflict");
}

TEST_F(Evidences, HashesWholeFilesWhereTheTreeIsOfAnUnknownVersion) {
  Manifest manifest = sign();
  manifest.manifest_v1.reset();  // which binds trees of the first version
  std::string payload = payload_of(manifest);
  for (std::size_t at = 0; (at = payload.find(kTreeAnnotation, at)) != std::string::npos;)
    payload.replace(at, kTreeAnnotation.size(), "weightmark_tree_v9");
  temp_.write("model/model.sig", write_bundle(key_bundle(payload, a_key())));
  Report report = verify();
  EXPECT_EQ(code(report), "ok");
  EXPECT_EQ(files(report).front(), "a: whole");
  EXPECT_THAT(report.files.front().note, HasSubstr("unknown version"));
}

// --- a part of the model

TEST_F(Parts, VerifiesAPartAndSaysWhatIsNotCovered) {
  sign();
  temp_.write("model/sub/b", "tampered");
  temp_.write("model/extra", "");
  options_.files = {"a"};
  Verification verification = verify_model(options_);
  EXPECT_EQ(verification.report.verdict, Verdict::kVerified);
  EXPECT_TRUE(verification.report.partial);
  EXPECT_THAT(files(verification.report),
              ElementsAre("a: tree", "extra: not-covered", "model.sig: ignored", "sub/b: not-covered"));
  EXPECT_EQ(verification.report.bytes_hashed, 5U);
  ASSERT_EQ((*verification.manifest)->files.size(), 1U) << "it must not vouch for the rest";
  options_.files = {"s*"};
  EXPECT_EQ(code(verify()), "file-mismatch");
  options_.files = {"a", "sub"};
  EXPECT_EQ(code(verify()), "file-mismatch");
  options_.files = {"a", "e*"};
  EXPECT_EQ(code(verify()), "pattern-unmatched") << "nothing signed has that name";
}

TEST_F(Parts, RefusesAnUnsignedFileThatIsSelected) {
  sign();
  temp_.write("model/a2", "");
  options_.files = {"a*"};
  EXPECT_EQ(code(verify()), "file-extra");
}

TEST_F(Parts, IsNotPartialWhereEverythingIsSelected) {
  sign();
  options_.files = {"*"};
  Report report = verify();
  EXPECT_FALSE(report.partial);
  EXPECT_EQ(report.verdict, Verdict::kVerified);
}

}  // namespace
}  // namespace weightmark
