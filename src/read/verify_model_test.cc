#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "hash/fsverity.h"
#include "model/model_testing.h"
#include "verify/bundle_testing.h"
#include "weightmark/sign.h"
#include "weightmark/verify.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

// ids lists the checks, with the code of the one that failed.
std::vector<std::string> ids(const Report& report) {
  std::vector<std::string> lines;
  for (const Check& check : report.checks)
    lines.push_back(check.error ? check.id + ": " + std::string(code_name(check.error->code)) : check.id);
  return lines;
}

// files lists the files, with the code of each that failed.
std::vector<std::string> files(const Report& report) {
  std::vector<std::string> lines;
  for (const FileReport& file : report.files)
    lines.push_back(file.name + ": " +
                    std::string(file.error ? code_name(file.error->code) : coverage_name(file.coverage)));
  return lines;
}

std::string code(const Report& report) {
  return report.first_error() == nullptr ? "ok" : std::string(code_name(report.first_error()->code));
}

FileTree tree_of(std::string_view text) {
  TreeHasher tree;
  tree.update(as_bytes(text));
  return tree.finish();
}

class VerifyModel : public ::testing::Test {
 protected:
  VerifyModel() {
    temp_.write("model/a", "first");
    temp_.write("model/sub/b", "second");
    options_.model = model();
    options_.trust = trust(a_key());
    options_.time = kTestNow;
    hash_.model = model();
  }

  fs::path model() const { return temp_ / "model"; }
  fs::path in_model(const std::string& name) const { return "model/" + name; }

  void write_signature(const Manifest& manifest, const fs::path& path = "model/model.sig") {
    temp_.write(path, write_bundle(key_bundle(manifest)));
  }

  // sign signs what is there as hash_ says.
  Manifest sign() {
    auto hashed = hash_model(hash_);
    EXPECT_EQ(code_of(hashed), "ok");
    write_signature(hashed->manifest);
    return hashed->manifest;
  }

  Report verify() {
    Verification verification = verify_model(options_);
    bool verified = verification.report.verdict == Verdict::kVerified;
    EXPECT_EQ(verification.manifest.has_value(), verified);
    EXPECT_EQ(verification.report.exit_status() == 0, verified);
    EXPECT_EQ(verification.report.first_error() == nullptr, verified);
    EXPECT_TRUE(std::ranges::is_sorted(verification.report.files, {}, &FileReport::name));
    EXPECT_TRUE(parse_json(report_json(verification.report)));
    return verification.report;
  }

  TempFolder temp_;
  HashOptions hash_;
  VerifyOptions options_;
};

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
  EXPECT_EQ(report.manifest, manifest);
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
  EXPECT_FALSE(report.manifest);
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

// --- by the tree, by whole files, by both

TEST_F(VerifyModel, ComparesWhatItIsAskedTo) {
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
TEST_F(VerifyModel, FindsADigestAndATreeOfDifferentContents) {
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
TEST_F(VerifyModel, ChecksBothWhereTheRootDigestIsExpected) {
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

TEST_F(VerifyModel, HashesWholeFilesWhereTheTreeIsOfAnUnknownVersion) {
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

TEST_F(VerifyModel, VerifiesAPartAndSaysWhatIsNotCovered) {
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

TEST_F(VerifyModel, RefusesAnUnsignedFileThatIsSelected) {
  sign();
  temp_.write("model/a2", "");
  options_.files = {"a*"};
  EXPECT_EQ(code(verify()), "file-extra");
}

TEST_F(VerifyModel, IsNotPartialWhereEverythingIsSelected) {
  sign();
  options_.files = {"*"};
  Report report = verify();
  EXPECT_FALSE(report.partial);
  EXPECT_EQ(report.verdict, Verdict::kVerified);
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

}  // namespace
}  // namespace weightmark
