// Every kernel that this CPU runs, against OpenSSL.
#include "hash/sha256_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <random>

#include "hash/pattern_testing.h"
#include "hash/sha256.h"

namespace weightmark {
namespace {

using ::testing::HasSubstr;

Sha256Digest expected(ByteView message) {
  std::uint8_t digest[32];
  openssl_sha256(message.data(), message.size(), digest);
  return std::to_array(digest);
}

class Kernel : public ::testing::TestWithParam<const Sha256Kernel*> {
 protected:
  void SetUp() override {
    if (!kernel().supported()) GTEST_SKIP() << "this CPU does not support " << kernel().name;
  }

  static const Sha256Kernel& kernel() { return *GetParam(); }

  // check hashes `count` messages of `length` bytes, each at its own offset and alignment.
  void check(std::size_t count, std::size_t length) {
    const Bytes data = random_bytes(length + 67 * count, 1000 * length + count);
    std::vector<const std::uint8_t*> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(data.data() + 67 * i);
    std::vector<Sha256Digest> digests(count);
    sha256_equal(kernel(), messages.data(), count, length, digests.data());
    for (std::size_t i = 0; i < count; ++i)
      ASSERT_EQ(digests[i], expected({messages[i], length})) << "message " << i << " of " << count << ", " << length;
  }
};

TEST_P(Kernel, AgreesAtEveryLength) {
  for (std::size_t length = 0; length <= 1030; ++length) check(kernel().lanes, length);
}

TEST_P(Kernel, AgreesInEveryNumberOfLanes) {
  for (std::size_t count = 1; count <= 17; ++count)
    for (std::size_t length : {0UL, 1UL, 55UL, 56UL, 64UL, 119UL, 120UL, 640UL, 4095UL, 4096UL, 4097UL, 8192UL})
      check(count, length);
}

TEST_P(Kernel, AgreesAtRandomLengths) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 12; ++i) check(kernel().lanes + 1, random() % (256 << 10));
  check(2, random() % (3 << 20));
}

TEST_P(Kernel, ReadsNothingBeyondTheMessage) {
  // The sanitizer watches the end of an allocation of just this size.
  for (std::size_t length : {1UL, 64UL, 65UL, 4096UL}) {
    const auto message = std::make_unique<std::uint8_t[]>(length);
    const std::uint8_t* data = message.get();
    Sha256Digest digest;
    sha256_equal(kernel(), &data, 1, length, &digest);
    EXPECT_EQ(digest, expected({data, length}));
  }
}

TEST_P(Kernel, PreparedBlockEqualsTheBlock) {
  // The chaining value differs in each lane, as it does when it matters.
  PreparedBlock block{};
  std::ranges::copy(random_bytes(kSha256BlockSize, 3), block.bytes);
  const std::uint8_t* data[kSha256MostLanes];
  Sha256State plain[kSha256MostLanes];
  for (std::size_t i = 0; i < kernel().lanes; ++i) {
    data[i] = block.bytes;
    for (std::size_t j = 0; j < 8; ++j) plain[i].words[j] = static_cast<std::uint32_t>(0x9e3779b9 * (8 * i + j + 1));
  }
  std::uint32_t w[64];
  for (std::size_t t = 0; t < 16; ++t)
    w[t] = static_cast<std::uint32_t>(block.bytes[4 * t]) << 24 |
           static_cast<std::uint32_t>(block.bytes[4 * t + 1]) << 16 |
           static_cast<std::uint32_t>(block.bytes[4 * t + 2]) << 8 | block.bytes[4 * t + 3];
  for (std::size_t t = 16; t < 64; ++t)
    w[t] = (std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10)) + w[t - 7] +
           (std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3)) + w[t - 16];
  for (std::size_t t = 0; t < 64; ++t) block.schedule[t] = w[t] + kSha256Rounds[t];
  Sha256State prepared[kSha256MostLanes];
  std::ranges::copy(plain, prepared);
  kernel().compress(plain, data, kernel().lanes, 1);
  kernel().compress_prepared(prepared, kernel().lanes, block);
  for (std::size_t i = 0; i < kernel().lanes; ++i)
    EXPECT_TRUE(std::ranges::equal(plain[i].words, prepared[i].words)) << "lane " << i;
}

TEST_P(Kernel, StreamsWhenForced) {
  ASSERT_TRUE(force_sha256_kernel(kernel().name));
  EXPECT_EQ(&wide_sha256_kernel(), &kernel());
  EXPECT_EQ(&stream_sha256_kernel() == &kernel(), kernel().fewest == 1);
  EXPECT_EQ(stream_sha256_kernel().fewest, 1U);
  const Bytes data = random_bytes(100000, 5);
  Sha256 hash;
  for (std::size_t done = 0, piece = 1; done < data.size(); done += piece, piece = piece * 2 % 1777 + 1) {
    piece = std::min(piece, data.size() - done);
    hash.update(ByteView(data).subspan(done, piece));
  }
  EXPECT_EQ(hash.finish(), expected(data));
  EXPECT_EQ(hash.finish(), expected({})) << "finish() leaves the object as if new";
  ASSERT_TRUE(force_sha256_kernel(""));
}

TEST_P(Kernel, StreamsTogetherWithBlocks) {
  ASSERT_TRUE(force_sha256_kernel(kernel().name));
  constexpr std::size_t kBlock = 4096;
  const Bytes data = random_bytes(20 * kBlock, 6);
  for (const std::size_t before : {0UL, 64UL, 100UL}) {
    for (const std::size_t count : {0UL, 1UL, 2UL, 5UL, 16UL}) {
      std::vector<const std::uint8_t*> blocks;
      for (std::size_t i = 0; i < count; ++i) blocks.push_back(data.data() + before + i * kBlock);
      std::vector<Sha256Digest> digests(count);
      Sha256 hash;
      hash.update(ByteView(data).first(before));
      hash.update_with_blocks(blocks.data(), count, digests.data());
      hash.update(ByteView(data).subspan(before + count * kBlock, 7));
      EXPECT_EQ(hash.finish(), expected(ByteView(data).first(before + count * kBlock + 7))) << before << ", " << count;
      for (std::size_t i = 0; i < count; ++i)
        EXPECT_EQ(digests[i], expected({blocks[i], kBlock})) << before << ", " << i;
    }
  }
  ASSERT_TRUE(force_sha256_kernel(""));
}

INSTANTIATE_TEST_SUITE_P(All, Kernel, ::testing::ValuesIn(all_sha256_kernels().begin(), all_sha256_kernels().end()),
                         [](const auto& parameter) {
                           std::string name(parameter.param->name);
                           std::erase(name, '-');
                           return name;
                         });

TEST(Kernels, FirstSupportedIsChosen) {
  const auto all = all_sha256_kernels();
  const auto first = std::ranges::find_if(all, [](const Sha256Kernel* kernel) { return kernel->supported(); });
  EXPECT_EQ(&wide_sha256_kernel(), *first);
  EXPECT_EQ(stream_sha256_kernel().fewest, 1U);
}

TEST(Kernels, ListSaysWhichRun) {
  for (const Sha256Kernel* kernel : all_sha256_kernels()) {
    if (!kernel->supported()) continue;
    ASSERT_TRUE(force_sha256_kernel(kernel->name));
    for (const Sha256KernelInfo& info : list_sha256_kernels()) {
      EXPECT_EQ(info.supported, find_sha256_kernel(info.name) != nullptr);
      EXPECT_EQ(info.for_many, info.name == kernel->name);
      EXPECT_EQ(info.for_one, info.name == stream_sha256_kernel().name);
    }
  }
  ASSERT_TRUE(force_sha256_kernel(""));
  const auto list = list_sha256_kernels();
  EXPECT_EQ(std::ranges::count(list, true, &Sha256KernelInfo::for_many), 1);
  EXPECT_EQ(std::ranges::count(list, true, &Sha256KernelInfo::for_one), 1);
}

TEST(Kernels, UnknownNameIsRefusedWithTheKnownOnes) {
  const auto result = force_sha256_kernel("mmx");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUsage);
  EXPECT_EQ(result.error().subject, "mmx");
  EXPECT_THAT(result.error().hint, HasSubstr("openssl"));
  EXPECT_EQ(find_sha256_kernel("mmx"), nullptr);
}

TEST(Kernels, MixedGroupsAgree) {
  // Full groups go to the wide kernel and short remainders to the other.
  const Bytes data = random_bytes(4096 * 40, 11);
  for (std::size_t count = 0; count <= 40; ++count) {
    std::vector<const std::uint8_t*> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(data.data() + 4096 * i);
    std::vector<Sha256Digest> digests(count);
    sha256_equal(messages.data(), count, 4096, digests.data());
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(digests[i], expected({messages[i], 4096}));
  }
}

}  // namespace
}  // namespace weightmark
