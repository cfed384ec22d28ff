// parse_digests, and sign_model with what it returns.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attest/bundle.h"
#include "model/model_testing.h"
#include "verify/bundle_testing.h"
#include "weightmark/file_hasher.h"
#include "weightmark/sign.h"
#include "weightmark/verify.h"

namespace weightmark {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace testing;

std::string item(const std::string& name, std::uint64_t size, const std::string& hex) {
  return fmt::format(R"({{"name":"{}","size":{},"digest":"{}"}})", name, size, hex);
}

std::string item(const std::string& name, std::string_view content = "first") {
  return item(name, content.size(), sha256(content).hex());
}

std::string list(const std::string& items, std::string_view algorithm = "sha256") {
  return fmt::format(R"({{"schema":"weightmark.digests.v1","algorithm":"{}","files":[{}]}})", algorithm, items);
}

std::string code(const std::string& json) { return code_of(parse_digests(json)); }

TEST(ParseDigests, ReadsNamesSizesAndDigests) {
  auto files = parse_digests(list(item("b/c", "second") + "," + item("a")));
  ASSERT_EQ(code_of(files), "ok") << describe(files.error());
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].name, "a") << "sorted";
  EXPECT_EQ((*files)[1].digest, sha256("second"));
  EXPECT_EQ((*files)[1].declared_size, 6U);
  EXPECT_FALSE((*files)[1].tree);
}

TEST(ParseDigests, RefusesWhatIsNoList) {
  EXPECT_EQ(code(""), "json-truncated");
  EXPECT_EQ(code("[]"), "digests-malformed");
  EXPECT_EQ(code(list("")), "digests-malformed");
  EXPECT_EQ(code(R"({"schema":"weightmark.digests.v2","algorithm":"sha256","files":[]})"), "digests-malformed");
  EXPECT_EQ(code(R"({"algorithm":"sha256","files":[]})"), "digests-malformed");
  EXPECT_EQ(code(R"({"schema":"weightmark.digests.v1","algorithm":"sha256","files":{}})"), "digests-malformed");
  EXPECT_EQ(code(R"({"schema":"weightmark.digests.v1","algorithm":"sha256","files":[],"x":1})"), "digests-malformed");
  EXPECT_EQ(code(list(item("a"), "md5")), "algorithm-unknown");
}

TEST(ParseDigests, RefusesWrongFiles) {
  const std::string hex = sha256("first").hex();
  EXPECT_EQ(code(list("7")), "digests-malformed");
  EXPECT_EQ(code(list(R"({"name":"a","size":5})")), "digests-malformed");
  EXPECT_EQ(code(list(fmt::format(R"({{"name":"a","digest":"{}"}})", hex))), "digests-malformed");
  EXPECT_EQ(code(list(fmt::format(R"({{"name":"a","size":-1,"digest":"{}"}})", hex))), "digests-malformed");
  EXPECT_EQ(code(list(fmt::format(R"({{"name":"a","size":"5","digest":"{}"}})", hex))), "digests-malformed");
  EXPECT_EQ(code(list(fmt::format(R"({{"name":"a","size":5,"digest":"{}","oid":1}})", hex))), "digests-malformed");
  EXPECT_EQ(code(list(item("a", 5, hex.substr(2)))), "digest-length");
  EXPECT_EQ(code(list(item("a", 5, "X" + hex.substr(1)))), "digest-not-hex");
  EXPECT_EQ(code(list(item("a", 5, hex), "blake2b")), "digest-length");
  EXPECT_EQ(code(list(item("a", 0, hex))), "declared-malformed") << "the digest of an empty file is known";
  EXPECT_EQ(code(list(item("a", ""))), "ok");
  const std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(code(list(item("a", most, hex))), "ok");
  EXPECT_EQ(code(list(item("a", most, hex) + "," + item("b", 1, hex))), "digests-malformed") << "the sum";
}

TEST(ParseDigests, RefusesWrongNames) {
  EXPECT_EQ(code(list(item(""))), "name-empty");
  EXPECT_EQ(code(list(item("/a"))), "name-absolute");
  EXPECT_EQ(code(list(item("a/../b"))), "name-dot-dot");
  EXPECT_EQ(code(list(item("a") + "," + item("b") + "," + item("a"))), "name-duplicate");
  EXPECT_EQ(code(list(item("a") + "," + item("a/b"))), "name-conflict");
}

TEST(ParseDigests, RefusesTooManyFiles) {
  std::string items = "0";
  for (std::size_t i = 0; i < kMaxFiles; ++i) items += ",0";
  EXPECT_EQ(code(list(items)), "too-many-files");
}

// --- signing

class SignDeclared : public ::testing::Test {
 protected:
  SignDeclared() {
    temp_.write("model/a", "first");
    temp_.write("model/sub/b", "second");
    options_.hash.model = temp_ / "model";
    options_.key = &a_key();
    options_.time = kTestNow;
    declare(item("a") + "," + item("sub/b", "second"));
  }

  void declare(const std::string& items) { options_.known = parse_digests(list(items)).value(); }

  std::string code_of_sign() { return code_of(sign_model(options_)); }

  Report verify(const fs::path& signature) {
    VerifyOptions options;
    options.model = temp_ / "model";
    options.signature = signature;
    options.trust = trust(a_key());
    options.time = kTestNow;
    return verify_model(options).report;
  }

  TempFolder temp_;
  SignOptions options_;
};

TEST_F(SignDeclared, ReadsNoFileAndSaysSo) {
  bool read = false;
  OnRead observer([&] { read = true; });
  options_.hash.work.observer = &observer;
  auto output = sign_model(options_);
  ASSERT_EQ(code_of(output), "ok") << describe(output.error());
  EXPECT_FALSE(read);
  const Manifest& manifest = output->model.manifest;
  EXPECT_EQ(manifest.name, "model");
  EXPECT_EQ(declared_count(manifest), 2U);
  EXPECT_FALSE(manifest.manifest_v1) << "there are no trees to bind";
  EXPECT_EQ(output->model.bytes, 11U);
  Report report = verify(output->signature);
  EXPECT_EQ(report.verdict, Verdict::kVerified);
  EXPECT_EQ(report.count(Coverage::kWhole), 2U);
  EXPECT_EQ(report.subject, SubjectReport::of(manifest));
}

TEST_F(SignDeclared, HasTheRootDigestOfHashing) {
  Digest declared = sign_model(options_)->model.manifest.root;
  options_.known.clear();
  EXPECT_EQ(sign_model(options_)->model.manifest.root, declared);
}

// --- what was hashed while it was written

FileEntry hash_pieces(const std::string& name, std::string_view content, std::size_t piece,
                      HashAlgorithm algorithm = HashAlgorithm::kSha256) {
  FileHasher hasher(name, algorithm);
  for (std::size_t at = 0; at < content.size(); at += piece) hasher.update(as_bytes(content.substr(at, piece)));
  return hasher.finish();
}

TEST_F(SignDeclared, TakesWhatWasHashedOnTheWay) {
  const std::string large(kNodeSize + 5, 'x');
  temp_.write("model/large", large);
  temp_.write("model/empty", "");
  options_.known.clear();
  const Manifest whole = sign_model(options_)->model.manifest;
  options_.known = {hash_pieces("sub/b", "second", 1), hash_pieces("large", large, 1'000'003),
                    hash_pieces("empty", "", 1), hash_pieces("a", "first", 5)};
  auto output = sign_model(options_);
  ASSERT_EQ(code_of(output), "ok") << describe(output.error());
  EXPECT_EQ(output->model.manifest, whole) << "with trees, and nothing declared";
  EXPECT_EQ(verify(output->signature).count(Coverage::kTree), 4U);
}

TEST_F(SignDeclared, RefusesHashesThatNoStatementCanSay) {
  const FileEntry a = hash_pieces("a", "first", 5);
  options_.known = {a, a};
  EXPECT_EQ(code_of_sign(), "name-duplicate");
  options_.known = {a, hash_pieces("a/b", "second", 6)};
  EXPECT_EQ(code_of_sign(), "name-conflict");
  options_.known = {a, hash_pieces("sub/b", "second", 6, HashAlgorithm::kBlake3)};
  EXPECT_EQ(code_of_sign(), "usage");
  options_.known = {a, hash_pieces("../b", "second", 6)};
  EXPECT_EQ(code_of_sign(), "name-dot-dot");
  options_.known = {a, FileEntry{.name = "sub/b", .digest = a.digest, .shards = {}, .tree = {}}};
  EXPECT_EQ(code_of_sign(), "usage");
}

TEST_F(SignDeclared, TakesTheListsAlgorithm) {
  const Digest digest = hash_bytes(HashAlgorithm::kBlake3, as_bytes("first"));
  temp_.remove("model/sub");
  options_.known = parse_digests(list(item("a", 5, digest.hex()), "blake3")).value();
  auto output = sign_model(options_);
  ASSERT_EQ(code_of(output), "ok");
  EXPECT_EQ(verify(output->signature).verdict, Verdict::kVerified);
}

TEST_F(SignDeclared, DoesNotBelieveAWrongDigestWhenVerifying) {
  declare(item("a", "FIRST") + "," + item("sub/b", "second"));
  auto output = sign_model(options_);
  ASSERT_EQ(code_of(output), "ok");
  EXPECT_EQ(verify(output->signature).first_error()->code, ErrorCode::kFileMismatch);
}

TEST_F(SignDeclared, WantsTheModelsNamesAndSizes) {
  declare(item("a"));
  EXPECT_EQ(code_of_sign(), "digests-mismatch") << "sub/b is not listed";
  declare(item("sub/b", "second"));
  EXPECT_EQ(code_of_sign(), "digests-mismatch") << "a is not listed";
  declare(item("a") + "," + item("c") + "," + item("sub/b", "second"));
  EXPECT_EQ(code_of_sign(), "digests-mismatch") << "c is not there";
  declare(item("a") + "," + item("sub/b", "second") + "," + item("z"));
  EXPECT_EQ(code_of_sign(), "digests-mismatch") << "z is not there";
  declare(item("a", "long" + std::string(9, 'g')) + "," + item("sub/b", "second"));
  EXPECT_EQ(code_of_sign(), "digests-mismatch") << "another size";
  EXPECT_FALSE(fs::exists(temp_ / "model/model.sig"));
}

TEST_F(SignDeclared, IgnoresInBothWhatHashingIgnores) {
  temp_.write("model/.gitattributes", "x");
  declare(item(".gitattributes", "y") + "," + item("a") + "," + item("model.sig", "old") + "," +
          item("sub/b", "second"));
  auto output = sign_model(options_);
  ASSERT_EQ(code_of(output), "ok") << describe(output.error());
  EXPECT_EQ(output->model.manifest.files.size(), 2U);
  EXPECT_THAT(output->model.warnings, ElementsAre(HasSubstr("2 files")));
  declare(item("model.sig", "old"));
  EXPECT_EQ(code_of_sign(), "model-empty");
}

TEST_F(SignDeclared, TakesASingleFile) {
  options_.hash.model = temp_ / "model/a";
  declare(item("a"));
  for (auto compatibility : {Compatibility::kSpecification, Compatibility::kPython}) {
    options_.hash.compatibility = compatibility;
    EXPECT_EQ(code_of_sign(), "ok");
  }
  EXPECT_TRUE(fs::exists(temp_ / "model/a.sig"));
}

TEST_F(SignDeclared, NeedsNoModelButItsNameAndAPlace) {
  options_.hash.model.clear();
  EXPECT_EQ(code_of_sign(), "usage");
  options_.hash.name = "org/name";
  EXPECT_EQ(code_of_sign(), "usage");
  options_.signature = temp_ / "out.sig";
  auto output = sign_model(options_);
  ASSERT_EQ(code_of(output), "ok") << describe(output.error());
  EXPECT_EQ(output->model.manifest.name, "org/name");
  EXPECT_EQ(verify(temp_ / "out.sig").verdict, Verdict::kVerified);
}

TEST_F(SignDeclared, ReplacesNothingButASignature) {
  options_.hash.model.clear();
  options_.hash.name = "org/name";
  options_.signature = temp_.write("precious", "no signature");
  EXPECT_EQ(code_of_sign(), "signature-place-taken");
}

TEST_F(SignDeclared, RefusesAModelThatIsNotThere) {
  options_.hash.model = temp_ / "none";
  options_.hash.name = "org/name";
  options_.signature = temp_ / "out.sig";
  EXPECT_EQ(code_of_sign(), "model-not-found") << "a slip of the keyboard is not taken for no model";
}

TEST_F(SignDeclared, HasNeitherShardsNorARecord) {
  options_.hash.shard_size = 2;
  EXPECT_EQ(code_of_sign(), "usage");
  options_.hash.shard_size = 0;
  options_.record_folder = temp_ / "records";
  EXPECT_EQ(code_of_sign(), "usage");
}

}  // namespace
}  // namespace weightmark
