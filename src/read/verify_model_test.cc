#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "read/verify_model_testing.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

TEST_F(VerifyModel, AcceptsWhatWasSigned) {
  Manifest manifest = sign();
  Verification verification = verify_model(options_);
  const Report& report = verification.report;
  EXPECT_EQ(report.verdict, Verdict::kVerified);
  EXPECT_EQ(report.exit_status(), 0);
  EXPECT_THAT(ids(report), ElementsAre("bundle", "signature", "statement", "files"));
  EXPECT_THAT(files(report), ElementsAre("a: tree", "model.sig: ignored", "sub/b: tree"));
  EXPECT_EQ(report.bytes_hashed, 11U);
  EXPECT_EQ(report.files[0].size, 5U);
  EXPECT_EQ(report.model, model().native());
  EXPECT_EQ(report.signature, (model() / "model.sig").native());
  EXPECT_EQ(report.time, kTestNow);
  EXPECT_EQ(report.signer->method, "key");
  EXPECT_EQ(report.subject, SubjectReport::of(manifest));
  EXPECT_EQ(**verification.manifest, manifest);
  EXPECT_TRUE(report.warnings.empty());
}

// --- files that are not as signed

TEST_F(VerifyModel, RefusesAChangedFileAndNamesBothDigests) {
  sign();
  temp_.write("model/a", "firsT");
  Report report = verify();
  EXPECT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_EQ(report.exit_status(), 1);
  EXPECT_THAT(files(report), ElementsAre("a: file-mismatch", "model.sig: ignored", "sub/b: tree"));
  EXPECT_THAT(ids(report), ElementsAre("bundle", "signature", "statement", "files: file-mismatch"));
  const Error& error = *report.first_error();
  EXPECT_EQ(error.subject, "a");
  EXPECT_THAT(error.what, HasSubstr(tree_of("first").fsverity.hex()));
  EXPECT_THAT(error.what, HasSubstr(tree_of("firsT").fsverity.hex()));
  options_.evidence = Evidence::kWholeFiles;
  report = verify();
  EXPECT_THAT(report.first_error()->what, HasSubstr(sha256("first").hex()));
  EXPECT_THAT(report.first_error()->what, HasSubstr(sha256("firsT").hex()));
}

TEST_F(VerifyModel, RefusesAnotherSizeWithoutReading) {
  sign();
  temp_.write("model/a", "longer than before");
  Report report = verify();
  EXPECT_THAT(files(report), ElementsAre("a: file-mismatch", "model.sig: ignored", "sub/b: tree"));
  EXPECT_EQ(report.bytes_hashed, 6U);
}

TEST_F(VerifyModel, RefusesAMissingFile) {
  sign();
  temp_.remove("model/sub/b");
  EXPECT_THAT(files(verify()), ElementsAre("a: tree", "model.sig: ignored", "sub/b: file-missing"));
  temp_.write("model/sub/b/c", "");
  EXPECT_THAT(files(verify()),
              ElementsAre("a: tree", "model.sig: ignored", "sub/b: file-missing", "sub/b/c: file-extra"));
  temp_.remove("model/sub");
  temp_.write("model/sub", "");
  EXPECT_THAT(files(verify()), ElementsAre("a: tree", "model.sig: ignored", "sub: file-extra", "sub/b: file-missing"));
}

TEST_F(VerifyModel, RefusesAnExtraFile) {
  sign();
  temp_.write("model/sub/.hidden", "");
  Report report = verify();
  EXPECT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_THAT(files(report), ElementsAre("a: tree", "model.sig: ignored", "sub/.hidden: file-extra", "sub/b: tree"));
}

TEST_F(VerifyModel, SaysWhenAFileWasRenamed) {
  for (unsigned shard_size : {0U, 2U}) {
    hash_.shard_size = shard_size;
    sign();
    fs::rename(model() / "a", model() / "z");
    const std::string sub = shard_size > 0 ? "sub/b: whole" : "sub/b: tree";
    Report report = verify();
    EXPECT_THAT(files(report), ElementsAre("a: file-renamed", "model.sig: ignored", sub, "z: file-extra"));
    EXPECT_THAT(report.files[0].error->what, HasSubstr("renamed to z"));
    temp_.write("model/z", "fIrst");
    EXPECT_THAT(files(verify()), ElementsAre("a: file-missing", "model.sig: ignored", sub, "z: file-extra"));
    fs::rename(model() / "z", model() / "a");
    temp_.write("model/a", "first");
  }
}

// Names are signed: swapped contents are two changed files, not two renames.
TEST_F(VerifyModel, RefusesSwappedFiles) {
  sign();
  temp_.write("model/a", "second");
  temp_.write("model/sub/b", "first");
  EXPECT_THAT(files(verify()), ElementsAre("a: file-mismatch", "model.sig: ignored", "sub/b: file-mismatch"));
}

class Plans : public Observer {
 public:
  void on_plan(std::uint64_t, std::uint64_t) override { ++plans; }
  void on_done() override { ++dones; }
  int plans = 0;
  int dones = 0;
};

TEST_F(VerifyModel, TellsTheObserverOfOnePlan) {
  sign();
  fs::rename(model() / "a", model() / "z");
  Plans plans;
  options_.work.observer = &plans;
  EXPECT_EQ(files(verify())[0], "a: file-renamed");
  EXPECT_EQ(plans.plans, 1);
  EXPECT_EQ(plans.dones, 1);
}

// A signed shard size of one byte must not make memory for a terabyte of shards.
TEST_F(VerifyModel, DoesNotCutUnsignedFilesIntoSignedShards) {
  hash_.shard_size = 1;
  sign();
  temp_.remove("model/a");
  temp_.sparse("model/big", std::uint64_t{1} << 40U);
  EXPECT_THAT(files(verify()), ElementsAre("a: file-missing", "big: file-extra", "model.sig: ignored", "sub/b: whole"));
}

TEST_F(VerifyModel, NoticesAFileThatChangesWhileItIsRead) {
  hash_.algorithm = HashAlgorithm::kBlake3;
  temp_.write("model/a", std::string(1000, 'x'));
  sign();
  OnRead change([&] { temp_.write("model/a", std::string(2000, 'x')); });
  options_.work = {.threads = 1, .observer = &change};
  Report report = verify();
  EXPECT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_EQ(code(report), "file-changed");
}

// --- unsigned files

TEST_F(VerifyModel, LooksOnlyAtSignedFilesOnRequest) {
  sign();
  temp_.write("model/extra", "");
  temp_.link("model/link", "nowhere");
  EXPECT_EQ(code(verify()), "symlink-refused");
  temp_.fifo("model/fifo");
  options_.ignore_unsigned_files = true;
  Report report = verify();
  EXPECT_EQ(report.verdict, Verdict::kVerified);
  EXPECT_THAT(files(report), ElementsAre("a: tree", "sub/b: tree"));
  temp_.write("model/a", "FIRST");
  EXPECT_EQ(code(verify()), "file-mismatch");
  temp_.remove("model/a");
  EXPECT_EQ(code(verify()), "file-missing");
  temp_.link("model/a", "sub/b");
  EXPECT_EQ(code(verify()), "symlink-refused");
  temp_.remove("model/a");
  temp_.fifo("model/a");
  EXPECT_EQ(code(verify()), "special-fifo");
}

TEST_F(VerifyModel, IgnoresWhatTheSignerRecorded) {
  hash_.ignore_paths = {"logs"};
  temp_.write("model/logs/1", "");
  sign();
  temp_.write("model/logs/2", "");
  EXPECT_THAT(files(verify()), ElementsAre("a: tree", "logs: ignored", "model.sig: ignored", "sub/b: tree"));
}

TEST_F(VerifyModel, IgnoresWhatTheUserNames) {
  sign();
  temp_.write("model/logs/1", "");
  EXPECT_EQ(code(verify()), "file-extra");
  options_.ignore_paths = {"logs"};
  EXPECT_THAT(files(verify()), ElementsAre("a: tree", "logs: ignored", "model.sig: ignored", "sub/b: tree"));
}

TEST_F(VerifyModel, VerifiesSignedFilesWhateverTheUserIgnores) {
  sign();
  options_.ignore_paths = {"a", "sub"};
  EXPECT_THAT(files(verify()), ElementsAre("a: tree", "model.sig: ignored", "sub: ignored", "sub/b: tree"));
  temp_.write("model/sub/b", "SECOND");
  temp_.remove("model/a");
  EXPECT_THAT(files(verify()),
              ElementsAre("a: file-missing", "model.sig: ignored", "sub: ignored", "sub/b: file-mismatch"));
}

TEST_F(VerifyModel, IgnoresGitEntriesWhereNothingIsRecorded) {
  Manifest manifest = hash_model(hash_)->manifest;
  manifest.serialization.ignore_paths.reset();
  write_signature(manifest);
  temp_.write("model/.git/HEAD", "");
  EXPECT_THAT(files(verify()), ElementsAre(".git: ignored", "a: tree", "model.sig: not-covered", "sub/b: tree"));
  options_.ignore_git_paths = false;
  EXPECT_THAT(files(verify()),
              ElementsAre(".git/HEAD: file-extra", "a: tree", "model.sig: not-covered", "sub/b: tree"));
  manifest.serialization.ignore_paths = {"model.sig"};
  write_signature(manifest);
  options_.ignore_git_paths = true;
  EXPECT_EQ(code(verify()), "file-extra") << "what is recorded is all that is ignored";
}

TEST_F(VerifyModel, TakesLaterSignaturesAndTheHubsNotes) {
  sign();
  temp_.write("model/model.sig.d/auditor.sig", "{}");
  temp_.write("model/.cache/huggingface/x.lock", "");
  EXPECT_THAT(files(verify()), ElementsAre(".cache/huggingface: ignored", "a: tree", "model.sig: ignored",
                                           "model.sig.d: ignored", "sub/b: tree"));
}

TEST_F(VerifyModel, ReportsAForeignBundleAsNotCovered) {
  Manifest manifest = hash_model(hash_)->manifest;
  manifest.serialization.ignore_paths = {"claims.sig"};
  write_signature(manifest, "model/claims.sig");
  temp_.write("model/model.sig", "somebody else's");
  options_.signature = model() / "claims.sig";
  EXPECT_THAT(files(verify()), ElementsAre("a: tree", "claims.sig: ignored", "model.sig: not-covered", "sub/b: tree"));
  manifest.serialization.ignore_paths = {"logs"};
  write_signature(manifest, "model/claims.sig");
  EXPECT_THAT(files(verify()),
              ElementsAre("a: tree", "claims.sig: not-covered", "model.sig: not-covered", "sub/b: tree"));
}

TEST_F(VerifyModel, VerifiesSignedFilesInPlacesThatAreNeverListed) {
  temp_.write("model/model.sig.d/old.sig", "old");
  Manifest manifest = a_manifest({{"a", "first"}, {"sub/b", "second"}, {"model.sig.d/old.sig", "old"}});
  write_signature(manifest, "beside.sig");
  options_.signature = temp_ / "beside.sig";
  EXPECT_THAT(files(verify()),
              ElementsAre("a: whole", "model.sig.d: not-covered", "model.sig.d/old.sig: whole", "sub/b: whole"));
  temp_.write("model/model.sig.d/old.sig", "new");
  EXPECT_EQ(code(verify()), "file-mismatch");
}

// --- single files

class VerifyFile : public VerifyModel {
 protected:
  VerifyFile() {
    options_.model = model() / "a";
    options_.signature = temp_ / "a.sig";
  }

  void sign_as(const std::map<std::string, std::string>& contents) { write_signature(a_manifest(contents), "a.sig"); }
};

TEST_F(VerifyFile, AcceptsTheFileAmongOthers) {
  sign_as({{"a", "first"}});
  EXPECT_THAT(files(verify()), ElementsAre("a: whole"));
  options_.ignore_unsigned_files = true;
  EXPECT_THAT(files(verify()), ElementsAre("a: whole"));
}

TEST_F(VerifyFile, AcceptsThePythonClientsDot) {
  sign_as({{".", "first"}});
  EXPECT_THAT(files(verify()), ElementsAre(".: whole"));
  temp_.write("model/a", "FIRST");
  EXPECT_EQ(code(verify()), "file-mismatch");
  options_.model = model();
  EXPECT_EQ(code(verify()), "file-missing") << "a folder is no single file";
  options_.ignore_unsigned_files = true;
  EXPECT_EQ(code(verify()), "file-missing");
}

TEST_F(VerifyFile, RefusesAManifestThatNamesItsNeighbours) {
  temp_.write("model/b", "second");
  sign_as({{"a", "first"}, {"b", "second"}});
  for (bool ignore_unsigned : {false, true}) {
    options_.ignore_unsigned_files = ignore_unsigned;
    EXPECT_THAT(files(verify()), ElementsAre("a: whole", "b: file-missing"));
  }
}

TEST_F(VerifyFile, RefusesTheSignatureOfAnother) {
  temp_.write("model/b", "first");
  sign_as({{"b", "first"}});
  EXPECT_THAT(files(verify()), ElementsAre("a: file-extra", "b: file-missing"));
  options_.ignore_unsigned_files = true;
  EXPECT_THAT(files(verify()), ElementsAre("a: not-covered", "b: file-missing"));
}

TEST_F(VerifyFile, FindsTheSignatureBesideIt) {
  write_signature(a_manifest({{"a", "first"}}), "model/a.sig");
  options_.signature.reset();
  EXPECT_EQ(verify().verdict, Verdict::kVerified);
}

// --- links

TEST_F(VerifyModel, FollowsLinksWhereTheSignatureSaysSo) {
  temp_.link("model/link", "a");
  hash_.allow_symlinks = true;
  sign();
  EXPECT_EQ(verify().verdict, Verdict::kVerified);
  temp_.link("model/folder", "sub");
  EXPECT_THAT(files(verify()),
              ElementsAre("a: tree", "folder/b: file-extra", "link: tree", "model.sig: ignored", "sub/b: tree"));
}

TEST_F(VerifyModel, FollowsLinksOnRequest) {
  sign();
  fs::rename(model() / "a", temp_ / "elsewhere");
  temp_.link("model/a", "../elsewhere");
  EXPECT_EQ(code(verify()), "symlink-refused");
  options_.allow_symlinks = true;
  Report report = verify();
  EXPECT_EQ(report.verdict, Verdict::kVerified);
  EXPECT_THAT(report.warnings, ElementsAre(HasSubstr("leaves the model")));
}

TEST_F(VerifyModel, ReportsBrokenLinks) {
  hash_.allow_symlinks = true;
  sign();
  temp_.link("model/link", "nowhere");
  EXPECT_EQ(code(verify()), "symlink-broken");
}

// --- shards

TEST_F(VerifyModel, VerifiesShards) {
  hash_.shard_size = 2;
  temp_.write("model/empty", "");
  sign();
  Report report = verify();
  EXPECT_EQ(report.verdict, Verdict::kVerified);
  EXPECT_THAT(files(report), ElementsAre("a: whole", "empty: not-covered", "model.sig: ignored", "sub/b: whole"));
}

TEST_F(VerifyModel, RefusesShardsThatDoNotFit) {
  hash_.shard_size = 2;
  sign();
  for (auto [text, expected] : {std::pair("firs", "shard-past-end"), std::pair("", "shard-past-end"),
                                std::pair("first!", "file-mismatch"), std::pair("fiRst", "file-mismatch")}) {
    temp_.write("model/a", text);
    EXPECT_EQ(code(verify()), expected) << text;
  }
}

// --- before any file

TEST_F(VerifyModel, ChecksExpectationsFirst) {
  Manifest manifest = sign();
  options_.expectations.name = "other";
  Report report = verify();
  EXPECT_THAT(ids(report), ElementsAre("bundle", "signature", "statement", "name: name-mismatch"));
  EXPECT_THAT(files(report), ElementsAre());
  EXPECT_EQ(report.verdict, Verdict::kRefused);
  options_.expectations = {"model", sha256("").hex()};
  EXPECT_THAT(ids(verify()), ElementsAre("bundle", "signature", "statement", "name", "digest: digest-mismatch"));
  for (const std::string& hex : {manifest.root.hex(), manifest.manifest_v1->hex()}) {
    options_.expectations.digest_hex = hex;
    EXPECT_THAT(ids(verify()), ElementsAre("bundle", "signature", "statement", "name", "digest", "files"));
  }
}

TEST_F(VerifyModel, ReadsNoFileWhenTheSignatureDoesNotHold) {
  sign();
  options_.trust = trust(another_key());
  Report report = verify();
  EXPECT_THAT(ids(report), ElementsAre("bundle", "signature: key-mismatch"));
  EXPECT_FALSE(report.signer);
  EXPECT_FALSE(report.subject);
  EXPECT_EQ(report.exit_status(), 1);
}

TEST_F(VerifyModel, SaysWhereItLookedForASignature) {
  EXPECT_EQ(code(verify()), "signature-not-found");
  options_.signature = temp_ / "none";
  Report report = verify();
  EXPECT_EQ(code(report), "signature-not-found");
  EXPECT_EQ(report.exit_status(), 1);
  options_.signature.reset();
  sign();
  temp_.write("model.sig", "{}");
  EXPECT_EQ(code(verify()), "signature-ambiguous");
}

TEST_F(VerifyModel, CannotDecideWithoutAModel) {
  sign();
  options_.signature = model() / "model.sig";
  options_.model = temp_ / "none";
  Report report = verify();
  EXPECT_THAT(ids(report), ElementsAre("bundle", "signature", "statement", "files: model-not-found"));
  EXPECT_EQ(report.exit_status(), 3);
  options_.signature.reset();
  EXPECT_EQ(code(verify()), "model-not-found");
}

TEST_F(VerifyModel, NamesTheBundleThatIsMalformed) {
  temp_.write("model/model.sig", R"({"mediaType": 1})");
  Report report = verify();
  EXPECT_THAT(ids(report), ElementsAre("bundle: bundle-malformed"));
  EXPECT_EQ(report.first_error()->subject, (model() / "model.sig").native() + ": mediaType");
  temp_.write("model/model.sig", "");
  EXPECT_EQ(code(verify()), "bundle-empty");
  temp_.write("model/model.sig", "{");
  EXPECT_EQ(code(verify()), "json-truncated");
}

TEST_F(VerifyModel, ReadsNoMoreOfABundleThanTheLimit) {
  TempFolder memory(memory_folder());
  options_.signature = memory.sparse("big.sig", std::uint64_t{1} << 40U);
  EXPECT_EQ(code(verify()), "bundle-too-large");
}

TEST_F(VerifyModel, DoesNotWaitForAPipe) {
  temp_.fifo("model/model.sig");
  Report report = verify();
  EXPECT_EQ(code(report), "read-failed");
  EXPECT_EQ(report.exit_status(), 3);
}

// --- what could not be looked at

TEST_F(VerifyModel, CannotDecideOnWhatItMayNotRead) {
  sign();
  fs::permissions(temp_.path(), fs::perms(0755));
  fs::permissions(model() / "a", fs::perms::none);
  auto run = [&] {
    Report report = verify();
    return code(report) + " " + std::to_string(report.exit_status());
  };
  EXPECT_EQ(as_nobody(run).text, "file-unreadable 3");
  temp_.write("model/sub/b", "SECOND");
  EXPECT_EQ(as_nobody(run).text, "file-mismatch 1") << "what is refused outweighs it";
}

TEST_F(VerifyModel, CannotDecideOnAFolderThatItMayNotRead) {
  sign();
  fs::permissions(temp_.path(), fs::perms(0755));
  fs::permissions(model() / "sub", fs::perms::none);
  auto child = as_nobody([&] {
    Report report = verify();
    return code(report) + " " + std::to_string(report.exit_status());
  });
  EXPECT_EQ(child.text, "file-unreadable 3");
}

TEST_F(VerifyModel, IsInterrupted) {
  sign();
  std::atomic<bool> cancelled = true;
  options_.work.cancelled = &cancelled;
  Report report = verify();
  EXPECT_EQ(code(report), "interrupted");
  EXPECT_TRUE(report.interrupted);
  EXPECT_EQ(report.verdict, Verdict::kUndecided);
  EXPECT_EQ(report.exit_status(), 130);
}

TEST_F(VerifyModel, RefusesNamesThatNoSignatureCanHave) {
  sign();
  temp_.write("model/bad\xFF", "");
  Report report = verify();
  EXPECT_EQ(code(report), "name-utf8");
  EXPECT_EQ(report.exit_status(), 1);
}

TEST_F(VerifyModel, SaysThatAFileIsMissingWhoseNameNoDiskCanHold) {
  std::string name(300, 'x');
  write_signature(a_manifest({{"a", "first"}, {"sub/b", "second"}, {name, ""}}), "model.sig");
  EXPECT_EQ(code(verify()), "file-missing");
}

// --- a certificate that ends soon

TEST_F(VerifyModel, WarnsWhereASignatureEndsWithItsCertificate) {
  const TestAuthority root = TestAuthority::root();
  const TestAuthority clock_root = TestAuthority::root(authority_options("Time Root"));
  const IssuedCertificate clock = clock_root.issue({.extended_key_usage = "critical,timeStamping"});
  const IssuedCertificate leaf = root.issue({.not_after = kTestNow + std::chrono::days(14)});
  const auto key = load_key(leaf.private_key_pem);
  Bundle bundle = certificate_bundle(hash_model(hash_)->manifest, *key, {leaf.certificate});
  bundle.timestamps.push_back(make_timestamp(clock, bundle.signature()));
  temp_.write("model/model.sig", write_bundle(bundle));
  const auto warnings = [&](Time time) {
    options_.time = time;
    const Report report = verify();
    EXPECT_EQ(report.verdict, Verdict::kVerified);
    return report.warnings;
  };
  options_.trust = CertificateTrust{{root.certificate()}};
  EXPECT_THAT(warnings(kTestNow), ElementsAre(HasSubstr("weightmark timestamp")));
  EXPECT_TRUE(warnings(kTestNow - std::chrono::seconds(1)).empty());
  options_.trust = CertificateTrust{{root.certificate()}, {{clock.certificate, clock_root.certificate()}}};
  EXPECT_TRUE(warnings(kTestNow).empty());
  EXPECT_TRUE(warnings(kTestNow + std::chrono::days(15)).empty());
}

}  // namespace
}  // namespace weightmark
