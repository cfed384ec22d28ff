#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "base/file.h"
#include "hash/hasher.h"
#include "model/model_testing.h"
#include "read/mapping.h"
#include "verify/bundle_testing.h"
#include "weightmark/reader.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

using ::testing::HasSubstr;
using namespace testing;

class ReadModel : public ::testing::Test {
 protected:
  ReadModel() {
    temp_.write("model/a", "first");
    temp_.write("model/sub/b", "second");
    options_.model = temp_ / "model";
    options_.trust = trust(a_key());
    options_.time = kTestNow;
  }

  Manifest sign(HashOptions hash = {}) {
    hash.model = options_.model;
    Manifest manifest = hash_model(hash).value().manifest;
    fs::path signature = options_.model.filename();
    signature += ".sig";
    temp_.write(signature, write_bundle(key_bundle(manifest)));
    return manifest;
  }

  Result<VerifiedModel> open() const { return VerifiedModel::open(options_); }

  // read returns all of a signed file, or the code of what went wrong.
  std::string read(std::string_view name) const {
    auto model = open();
    if (!model) return code_of(model);
    auto file = model->open_file(name);
    if (!file) return code_of(file);
    return read(*file);
  }

  static std::string read(const VerifiedFile& file) {
    Bytes out(file.size());
    auto status = file.read(0, out);
    return status ? std::string(as_text(out)) : code_of(status);
  }

  TempFolder temp_;
  VerifyOptions options_;
};

TEST_F(ReadModel, HandsOutWhatWasSigned) {
  const Manifest manifest = sign();
  auto model = open();
  ASSERT_EQ(code_of(model), "ok");
  EXPECT_EQ(model->manifest(), manifest);
  EXPECT_EQ(model->signer().method, "key");
  auto file = model->open_file("sub/b");
  ASSERT_EQ(code_of(file), "ok");
  EXPECT_EQ(file->name(), "sub/b");
  EXPECT_EQ(file->size(), 6U);
  EXPECT_NE(file->coverage(), Coverage::kWhole);
  Bytes out(3);
  ASSERT_EQ(code_of(file->read(2, out)), "ok");
  EXPECT_EQ(as_text(out), "con");
}

TEST_F(ReadModel, ReadsEveryDialect) {
  sign({.algorithm = HashAlgorithm::kBlake2b});
  EXPECT_EQ(read("a"), "first");
  sign({.shard_size = 2});
  EXPECT_EQ(read("a"), "first");
  temp_.write("model.sig", write_bundle(key_bundle(a_manifest({{"a", "first"}}))));
  EXPECT_EQ(read("a"), "first") << "without a tree";
}

TEST_F(ReadModel, OpensNothingWhoseSignatureDoesNotHold) {
  sign();
  options_.trust = trust(another_key());
  EXPECT_EQ(code_of(open()), "key-mismatch");
  options_.trust = trust(a_key());
  options_.expectations.name = "other";
  EXPECT_EQ(code_of(open()), "name-mismatch");
  options_.expectations = {.digest_hex = std::string(64, '0')};
  EXPECT_EQ(code_of(open()), "digest-mismatch");
  options_.expectations = {};
  temp_.remove("model.sig");
  EXPECT_EQ(code_of(open()), "signature-not-found");
  options_.model = temp_ / "nothing";
  EXPECT_EQ(code_of(open()), "model-not-found");
}

// A signer who lists one content's digest beside another content's tree.
TEST_F(ReadModel, DemandsTheDigestWhereTheTreeIsNotEnough) {
  Manifest manifest = sign();
  FileEntry& entry = manifest.files.front();
  ASSERT_EQ(entry.name, "a");
  entry.digest = sha256("other");
  complete_manifest(manifest);
  temp_.write("model.sig", write_bundle(key_bundle(manifest)));
  EXPECT_EQ(read("a"), "first") << "the signer's word";
  options_.expectations.digest_hex = manifest.manifest_v1->hex();
  EXPECT_EQ(read("a"), "first") << "what is expected binds the tree";
  options_.expectations.digest_hex = manifest.root.hex();
  EXPECT_EQ(read("a"), "tree-conflict");
  EXPECT_EQ(read("sub/b"), "second");
  auto stream = open()->open_stream("a", [](std::uint64_t, ByteView) { return Result<void>(); }).value();
  EXPECT_EQ(code_of(stream.write(as_bytes("first"))), "ok");
  EXPECT_EQ(code_of(stream.finish()), "file-mismatch");
  options_.expectations = {};
  options_.evidence = Evidence::kBoth;
  EXPECT_EQ(read("a"), "tree-conflict");
  options_.evidence = Evidence::kWholeFiles;
  EXPECT_EQ(read("a"), "file-mismatch");
  temp_.write("model/a", "other");
  EXPECT_EQ(read("a"), "other") << "trees do not count";
}

TEST_F(ReadModel, LooksOnlyAtTheFileThatIsOpened) {
  sign();
  temp_.write("model/a", "firsT");
  temp_.write("model/unsigned", "unsigned");
  EXPECT_EQ(read("sub/b"), "second");
  EXPECT_EQ(read("a"), "file-mismatch");
  temp_.remove("model/a");
  EXPECT_EQ(read("a"), "file-missing");
  temp_.folder("model/a");
  EXPECT_EQ(read("a"), "file-missing");
}

TEST_F(ReadModel, HandsOutNothingThatWasNotSigned) {
  sign();
  temp_.write("model/unsigned", "unsigned");
  for (const char* name : {"unsigned", "", "sub", "./a", "sub/../a", "../model/a", "/etc/passwd", "model.sig"})
    EXPECT_EQ(read(name), "file-not-signed") << name;
  auto error = open()->open_file("unsigned").error();
  EXPECT_EQ(error.subject, "unsigned");
}

TEST_F(ReadModel, FollowsNoLinksThatWereNotSigned) {
  temp_.write("outside/b", "second");
  sign();
  temp_.remove("model/sub");
  temp_.link("model/sub", temp_ / "outside");
  EXPECT_EQ(read("sub/b"), "symlink-refused");
  options_.allow_symlinks = true;
  EXPECT_EQ(read("sub/b"), "second");
}

TEST_F(ReadModel, StaysWithTheFolderThatItOpened) {
  sign();
  auto model = open();
  fs::rename(temp_ / "model", temp_ / "moved");
  temp_.write("model/a", "other");
  auto file = model->open_file("a");
  ASSERT_EQ(code_of(file), "ok");
  EXPECT_EQ(read(*file), "first");
}

TEST_F(ReadModel, TakesAModelOfOneFile) {
  options_.model = temp_ / "w.gguf";
  temp_.write("w.gguf", "weights");
  temp_.write("neighbour", "neighbour");
  sign();
  EXPECT_EQ(read("w.gguf"), "weights");
  EXPECT_EQ(read("neighbour"), "file-not-signed");
  sign({.compatibility = Compatibility::kPython});
  EXPECT_EQ(read("."), "weights");
  temp_.write("w.gguf.sig", write_bundle(key_bundle(a_manifest({{"neighbour", "neighbour"}}))));
  EXPECT_EQ(read("neighbour"), "file-missing") << "it is no part of this model";
}

TEST_F(ReadModel, LetsItsFilesOutliveIt) {
  sign();
  std::optional<VerifiedFile> file = open()->open_file("a").value();
  const VerifiedFile copy = *file;
  file.reset();
  EXPECT_EQ(read(copy), "first");
}

TEST_F(ReadModel, IsSharedAmongThreads) {
  sign();
  auto model = open().value();
  auto file = model.open_file("a").value();
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        if (read(file) != "first" || read(model.open_file("sub/b").value()) != "second") ++wrong;
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

TEST_F(ReadModel, VerifiesAStreamOfAModelThatIsNotThereYet) {
  sign();
  options_.signature = temp_ / "model.sig";
  options_.model.clear();
  auto model = open();
  ASSERT_EQ(code_of(model), "ok");
  EXPECT_EQ(code_of(model->open_file("a")), "file-missing");
  std::string received;
  auto sink = [&](std::uint64_t, ByteView bytes) -> Result<void> {
    received += as_text(bytes);
    return {};
  };
  EXPECT_EQ(code_of(model->open_stream("unsigned", sink)), "file-not-signed");
  auto stream = model->open_stream("a", sink);
  ASSERT_EQ(code_of(stream), "ok");
  VerifiedStream moved = *std::move(stream);
  EXPECT_EQ(code_of(moved.write(as_bytes("fir"))), "ok");
  EXPECT_EQ(received, "");
  EXPECT_EQ(code_of(moved.write(as_bytes("st"))), "ok");
  EXPECT_EQ(code_of(moved.finish()), "ok");
  EXPECT_EQ(received, "first");
}

// --- the folder

TEST_F(ReadModel, ComparesWhatIsThere) {
  sign();
  const auto model = open();
  EXPECT_EQ(code_of(model->check_files()), "ok");
  temp_.write("model/evil.py", "import os");
  EXPECT_EQ(code_of(model->check_files()), "file-extra");
  options_.ignore_unsigned_files = true;
  EXPECT_EQ(code_of(open()->check_files()), "ok");
  options_.ignore_unsigned_files = false;
  options_.ignore_paths = {"evil.py"};
  EXPECT_EQ(code_of(open()->check_files()), "ok");
  temp_.write("model/a", "first, and more");
  EXPECT_EQ(code_of(open()->check_files()), "file-mismatch");
  fs::remove(options_.model / "a");
  EXPECT_EQ(code_of(open()->check_files()), "file-missing");
}

TEST_F(ReadModel, HasNoFilesToCompareWhereThereAreOnlyStreams) {
  sign();
  options_.signature = temp_ / "model.sig";
  options_.model.clear();
  EXPECT_EQ(code_of(open()->check_files()), "file-missing");
}

// --- all of a file at once

// read_back returns what lies behind a descriptor.
std::string read_back(int descriptor, std::size_t size) {
  std::string text(size, '\0');
  EXPECT_EQ(::pread(descriptor, text.data(), size, 0), static_cast<ssize_t>(size));
  return text;
}

TEST_F(ReadModel, LoadsWholeFiles) {
  const std::string large(3 * kNodeSize / 2, 'x');
  temp_.write("model/large", large);
  temp_.write("model/empty", "");
  for (const HashOptions& hash :
       {HashOptions{}, HashOptions{.algorithm = HashAlgorithm::kBlake3, .shard_size = 1'000'003}}) {
    sign(hash);
    const auto model = open();
    ASSERT_EQ(code_of(model), "ok");
    for (const auto& [name, content] : {std::pair{"a", std::string("first")}, {"large", large}, {"empty", ""}}) {
      if (hash.shard_size > 0 && content.empty()) continue;  // shards cannot cover an empty file (OMS 6.3.2)
      const auto loaded = model->load_file(name);
      ASSERT_EQ(code_of(loaded), "ok") << name;
      EXPECT_EQ(as_text(loaded->bytes()), content) << name;
      const auto sealed = model->seal_copy(name);
      ASSERT_EQ(code_of(sealed), "ok") << name;
      EXPECT_EQ(sealed->size(), content.size()) << name;
      EXPECT_EQ(read_back(sealed->descriptor(), content.size()), content) << name;
    }
  }
}

TEST_F(ReadModel, LoadsFilesThatHaveOnlyADigest) {
  temp_.write("model/empty", "");
  sign();
  options_.evidence = Evidence::kWholeFiles;
  const auto model = open();
  for (const auto& [name, content] : {std::pair{"a", "first"}, {"empty", ""}}) {
    EXPECT_EQ(as_text(model->load_file(name)->bytes()), content) << name;
    EXPECT_EQ(read_back(model->seal_copy(name)->descriptor(), std::strlen(content)), content) << name;
  }
  temp_.write("model/a", "FIRST");
  temp_.write("model/empty", "!");
  for (const char* name : {"a", "empty"}) {
    EXPECT_EQ(code_of(model->load_file(name)), "file-mismatch") << name;
    EXPECT_EQ(code_of(model->seal_copy(name)), "file-mismatch") << name;
  }
}

TEST_F(ReadModel, LoadsNothingThatDoesNotVerify) {
  sign();
  const auto model = open();
  temp_.write("model/a", "FIRST");
  EXPECT_EQ(code_of(model->load_file("a")), "file-mismatch");
  EXPECT_EQ(code_of(model->seal_copy("a")), "file-mismatch");
  fs::remove(options_.model / "a");
  EXPECT_EQ(code_of(model->load_file("a")), "file-missing");
  EXPECT_EQ(code_of(model->seal_copy("c")), "file-not-signed");
}

TEST_F(ReadModel, ChecksBothWhereItIsAskedTo) {
  Manifest manifest = sign();
  manifest.files.front().digest = hash_bytes(HashAlgorithm::kSha256, as_bytes("another content"));
  complete_manifest(manifest);
  temp_.write("model.sig", write_bundle(key_bundle(manifest)));
  ASSERT_EQ(code_of(open()), "ok");
  EXPECT_EQ(code_of(open()->load_file("a")), "ok");
  options_.evidence = Evidence::kBoth;
  EXPECT_EQ(code_of(open()->load_file("a")), "tree-conflict");
  EXPECT_EQ(code_of(open()->seal_copy("a")), "tree-conflict");
  EXPECT_EQ(code_of(open()->load_file("sub/b")), "ok");
}

TEST_F(ReadModel, KeepsWhatItLoaded) {
  sign();
  const auto loaded = open()->load_file("a");
  const auto sealed = open()->seal_copy("a");
  temp_.write("model/a", "FIRST");
  EXPECT_EQ(as_text(loaded->bytes()), "first");
  EXPECT_EQ(read_back(sealed->descriptor(), 5), "first");
  loaded->bytes()[0] = 'F';  // is the caller's own
  EXPECT_EQ(open()->manifest().name, "model");
  EXPECT_EQ(temp_.read("model/a"), "FIRST");
}

TEST_F(ReadModel, StopsSealingWhenItIsTold) {
  sign();
  std::atomic<bool> cancelled = false;
  options_.work.cancelled = &cancelled;
  const auto model = open();
  cancelled = true;
  EXPECT_EQ(code_of(model->seal_copy("a")), "interrupted");
}

TEST_F(ReadModel, LetsNobodyWriteToASealedCopy) {
  sign();
  const auto sealed = open()->seal_copy("a");
  EXPECT_LT(::pwrite(sealed->descriptor(), "X", 1, 0), 0);
  const Fd again(::open(sealed->path().c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_LT(::pwrite(again.get(), "X", 1, 0), 0);
  EXPECT_NE(::ftruncate(sealed->descriptor(), 1), 0);
  EXPECT_EQ(read_back(sealed->descriptor(), 5), "first");
}

TEST_F(ReadModel, SaysThatMemoryRanOut) {
  const std::uint64_t terabytes = std::uint64_t{1} << 62U;
  EXPECT_EQ(code_of(Mapping::allocate(terabytes, "a")), "out-of-memory");
}

}  // namespace
}  // namespace weightmark
