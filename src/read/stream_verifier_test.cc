#include "read/stream_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hash/fsverity.h"
#include "hash/pattern_testing.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::code_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Received is what a sink got.
struct Received {
  Bytes bytes;
  std::vector<std::uint64_t> offsets;

  VerifiedStream::Sink sink() {
    return [this](std::uint64_t offset, ByteView piece) -> Result<void> {
      EXPECT_EQ(offset, bytes.size()) << "in order, each once";
      EXPECT_FALSE(piece.empty());
      offsets.push_back(offset);
      bytes.insert(bytes.end(), piece.begin(), piece.end());
      return {};
    };
  }
};

FileEntry with_tree(ByteView content) {
  TreeHasher tree;
  tree.update(content);
  return {"w", hash_bytes(HashAlgorithm::kSha256, content), {}, tree.finish()};
}

FileEntry with_digest(ByteView content) { return {"w", hash_bytes(HashAlgorithm::kBlake2b, content), {}, {}}; }

FileEntry with_size(ByteView content) {
  FileEntry entry = with_digest(content);
  entry.declared_size = content.size();
  return entry;
}

FileEntry with_shards(ByteView content, std::uint64_t size) {
  FileEntry entry{"w", {}, {}, {}};
  for (std::uint64_t begin = 0; begin < content.size(); begin += size) {
    const ByteView shard = content.subspan(begin, std::min<std::uint64_t>(size, content.size() - begin));
    entry.shards.push_back({begin, begin + shard.size(), hash_bytes(HashAlgorithm::kBlake3, shard)});
  }
  return entry;
}

std::unique_ptr<StreamVerifier> stream(const FileEntry& entry, Received& received) {
  return StreamVerifier::create(entry, received.sink()).value();
}

// send writes `bytes` in pieces, until one is refused.
Result<void> send(StreamVerifier& verifier, ByteView bytes, std::size_t piece = 1'000'003) {
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size())))
    if (auto status = verifier.write(bytes.first(std::min(piece, bytes.size()))); !status) return status;
  return {};
}

TEST(VerifiedStream, HandsOnNodeByNode) {
  const Bytes content = pattern_bytes(kNodeSize + 100'000);
  Received received;
  auto verifier = stream(with_tree(content), received);
  ASSERT_EQ(code_of(send(*verifier, ByteView(content).first(kNodeSize - 1))), "ok");
  EXPECT_TRUE(received.offsets.empty());
  ASSERT_EQ(code_of(send(*verifier, ByteView(content).subspan(kNodeSize - 1))), "ok");
  EXPECT_EQ(code_of(verifier->finish()), "ok");
  EXPECT_THAT(received.offsets, ElementsAre(0, kNodeSize));
  EXPECT_EQ(received.bytes, content);
}

TEST(VerifiedStream, TakesPiecesOfEveryLength) {
  const Bytes content = random_bytes(300'000, 1);
  for (const FileEntry& entry :
       {with_tree(content), with_digest(content), with_size(content), with_shards(content, 4'000)}) {
    for (std::size_t piece : {97UL, 4096UL, 300'000UL}) {
      Received received;
      auto verifier = stream(entry, received);
      ASSERT_EQ(code_of(send(*verifier, content, piece)), "ok");
      EXPECT_EQ(code_of(verifier->write({})), "ok");
      EXPECT_EQ(code_of(verifier->finish()), "ok");
      EXPECT_EQ(received.bytes, content);
    }
  }
}

TEST(VerifiedStream, TakesEmptyFiles) {
  for (const FileEntry& entry : {with_tree({}), with_digest({}), with_size({})}) {
    Received received;
    EXPECT_EQ(code_of(stream(entry, received)->finish()), "ok");
    EXPECT_TRUE(received.offsets.empty());
  }
}

// A declared size is no reason to take memory.
TEST(VerifiedStream, HoldsNoMoreThanANodeOfADeclaredFile) {
  FileEntry entry = with_digest({});
  Received received;
  entry.declared_size = kNodeSize + 1;
  EXPECT_EQ(code_of(StreamVerifier::create(entry, received.sink())), "stream-unverifiable");
  entry.declared_size = std::uint64_t{1} << 62U;
  EXPECT_EQ(code_of(StreamVerifier::create(entry, received.sink())), "stream-unverifiable");
}

TEST(VerifiedStream, HandsOnNothingOfAChangedNode) {
  Bytes content = pattern_bytes(kNodeSize + 100'000);
  const FileEntry entry = with_tree(content);
  content.back() ^= 1U;
  Received received;
  auto verifier = stream(entry, received);
  auto status = send(*verifier, content);
  EXPECT_EQ(code_of(status), "file-mismatch");
  EXPECT_EQ(status.error().subject, "w");
  EXPECT_THAT(status.error().what, HasSubstr("bytes 67108864 to 67208864: "));
  EXPECT_THAT(received.offsets, ElementsAre(0)) << "the first node is as signed";
  EXPECT_EQ(code_of(verifier->write(as_bytes("more"))), "file-mismatch");
  EXPECT_EQ(code_of(verifier->finish()), "file-mismatch");
}

TEST(VerifiedStream, HandsOnNothingOfAChangedShard) {
  Bytes content = random_bytes(10'000, 1);
  const FileEntry entry = with_shards(content, 4'000);
  content[4'000] ^= 1U;
  Received received;
  auto status = send(*stream(entry, received), content);
  EXPECT_EQ(code_of(status), "file-mismatch");
  EXPECT_THAT(status.error().what, HasSubstr("bytes 4000 to 8000: "));
  EXPECT_THAT(received.offsets, ElementsAre(0));
}

TEST(VerifiedStream, ComparesAWholeDigestAtTheEnd) {
  Bytes content = random_bytes(10'000, 1);
  const FileEntry entry = with_digest(content);
  content[0] ^= 1U;
  for (std::size_t count : {std::size_t{0}, std::size_t{9'999}, std::size_t{10'000}}) {
    Received received;
    auto verifier = stream(entry, received);
    ASSERT_EQ(code_of(send(*verifier, ByteView(content).first(count))), "ok");
    EXPECT_EQ(code_of(verifier->finish()), "file-mismatch");
    EXPECT_TRUE(received.offsets.empty());
  }
}

TEST(VerifiedStream, RefusesMoreBytesThanSignedAtOnce) {
  const Bytes content = random_bytes(10'000, 1);
  for (const FileEntry& entry : {with_tree(content), with_shards(content, 4'000)}) {
    Bytes longer = content;
    longer.push_back(0);
    Received received;
    auto verifier = stream(entry, received);
    auto status = verifier->write(longer);
    EXPECT_EQ(code_of(status), "stream-too-long");
    EXPECT_EQ(status.error().subject, "w");
    EXPECT_THAT(status.error().what, HasSubstr("10000"));
    EXPECT_TRUE(received.offsets.empty()) << "nothing of such a piece is looked at";
    EXPECT_EQ(code_of(verifier->finish()), "stream-too-long");
    verifier = stream(entry, received);
    ASSERT_EQ(code_of(verifier->write(content)), "ok");
    EXPECT_EQ(code_of(verifier->write(as_bytes("x"))), "stream-too-long");
  }
}

TEST(VerifiedStream, RefusesFewerBytesThanSignedAtTheEnd) {
  const Bytes content = random_bytes(10'000, 1);
  for (const FileEntry& entry : {with_tree(content), with_shards(content, 4'000)}) {
    for (std::size_t count : {0UL, 4'000UL, 9'999UL}) {
      Received received;
      auto verifier = stream(entry, received);
      ASSERT_EQ(code_of(send(*verifier, ByteView(content).first(count))), "ok");
      auto status = verifier->finish();
      EXPECT_EQ(code_of(status), "stream-too-short");
      EXPECT_EQ(status.error().subject, "w");
      EXPECT_THAT(status.error().what, HasSubstr("after " + std::to_string(count) + " bytes"));
    }
  }
}

TEST(VerifiedStream, RefusesWhatCannotBeVerifiedOnTheWay) {
  Received received;
  FileEntry entry{"w", {}, {{0, kNodeSize + 1, Digest()}}, {}};
  EXPECT_EQ(code_of(StreamVerifier::create(entry, received.sink())), "stream-unverifiable");
  auto verifier = stream(with_digest({}), received);
  ASSERT_EQ(code_of(send(*verifier, Bytes(kNodeSize))), "ok");
  EXPECT_EQ(code_of(verifier->write(as_bytes("x"))), "stream-unverifiable");
  EXPECT_TRUE(received.offsets.empty());
}

TEST(VerifiedStream, RefusesBytesAfterItsEnd) {
  Received received;
  auto verifier = stream(with_tree({}), received);
  ASSERT_EQ(code_of(verifier->finish()), "ok");
  EXPECT_EQ(code_of(verifier->write({})), "usage");
  EXPECT_EQ(code_of(verifier->finish()), "usage");
}

TEST(VerifiedStream, EndsWithTheErrorOfItsSink) {
  const Bytes content = random_bytes(10'000, 1);
  int calls = 0;
  auto verifier = StreamVerifier::create(with_shards(content, 4'000), [&](std::uint64_t, ByteView) -> Result<void> {
                    ++calls;
                    return std::unexpected(Error{ErrorCode::kDiskFull, "no space", "w", {}});
                  }).value();
  EXPECT_EQ(code_of(verifier->write(content)), "disk-full");
  EXPECT_EQ(code_of(verifier->finish()), "disk-full");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace weightmark
