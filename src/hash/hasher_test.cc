#include "hash/hasher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "hash/pattern_testing.h"

namespace weightmark {
namespace {

struct Known {
  HashAlgorithm algorithm;
  std::string_view message;
  std::string_view hex;
};

constexpr Known kKnown[] = {
    // FIPS 180-4's examples (NIST, "Cryptographic Standards and Guidelines: Example Values").
    {HashAlgorithm::kSha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {HashAlgorithm::kSha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HashAlgorithm::kSha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    // RFC 7693, appendix A.
    {HashAlgorithm::kBlake2b, "abc",
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
     "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
    // The BLAKE3 project's test vectors, input_len 0.
    {HashAlgorithm::kBlake3, "", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
};

TEST(Hasher, KnownAnswers) {
  for (const Known& known : kKnown) EXPECT_EQ(hash_bytes(known.algorithm, as_bytes(known.message)).hex(), known.hex);
}

class EveryHash : public ::testing::TestWithParam<HashAlgorithm> {};

TEST_P(EveryHash, PiecesEqualTheWhole) {
  const Bytes data = pattern_bytes(70001);
  const Digest whole = hash_bytes(GetParam(), data);
  for (std::size_t piece : {1UL, 63UL, 64UL, 65UL, 4096UL, 70000UL}) {
    Hasher hasher(GetParam());
    for (std::size_t done = 0; done < data.size(); done += piece)
      hasher.update(ByteView(data).subspan(done, std::min(piece, data.size() - done)));
    EXPECT_EQ(hasher.finish(), whole) << "in pieces of " << piece;
  }
}

TEST_P(EveryHash, FinishStartsAnew) {
  Hasher hasher(GetParam());
  hasher.update(as_bytes("something else"));
  hasher.finish();
  hasher.update({});
  EXPECT_EQ(hasher.finish(), hash_bytes(GetParam(), {}));
  hasher.update(as_bytes("abc"));
  EXPECT_EQ(hasher.finish(), hash_bytes(GetParam(), as_bytes("abc")));
}

TEST_P(EveryHash, MovedHasherGoesOn) {
  Hasher first(GetParam());
  first.update(as_bytes("ab"));
  Hasher second = std::move(first);
  second.update(as_bytes("c"));
  EXPECT_EQ(second.finish(), hash_bytes(GetParam(), as_bytes("abc")));
}

INSTANTIATE_TEST_SUITE_P(All, EveryHash,
                         ::testing::Values(HashAlgorithm::kSha256, HashAlgorithm::kBlake2b, HashAlgorithm::kBlake3),
                         [](const auto& parameter) { return std::string(algorithm_name(parameter.param)); });

}  // namespace
}  // namespace weightmark
