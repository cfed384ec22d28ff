#include "weightmark/digest.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(Digest, ParsesItsOwnSpellingOnly) {
  std::string hex(64, 'a');
  auto code = [](std::string_view text) {
    return code_name(Digest::from_hex(HashAlgorithm::kSha256, text).error().code);
  };
  EXPECT_EQ(Digest::from_hex(HashAlgorithm::kSha256, hex)->hex(), hex);
  EXPECT_EQ(code(std::string(63, 'a')), "digest-length");
  EXPECT_EQ(code(std::string(128, 'a')), "digest-length");
  EXPECT_EQ(code(""), "digest-length");
  EXPECT_EQ(code(std::string(63, 'a') + "A"), "digest-upper-case");
  EXPECT_EQ(code(std::string(63, 'a') + "g"), "digest-not-hex");
  EXPECT_EQ(code(std::string(63, 'a') + std::string(1, '\0')), "digest-not-hex");
  EXPECT_EQ(code(std::string(62, 'a') + "0x"), "digest-not-hex");
  EXPECT_LT(Digest::from_hex(HashAlgorithm::kSha256, std::string(100'000, 'a')).error().subject.size(), 200U);
  EXPECT_EQ(Digest::from_hex(HashAlgorithm::kBlake2b, std::string(128, '0'))->bytes().size(), 64U);
}

TEST(Digest, ComparesAlgorithmsToo) {
  Bytes zeros(32);
  EXPECT_EQ(Digest(HashAlgorithm::kSha256, zeros), Digest());
  EXPECT_NE(Digest(HashAlgorithm::kBlake3, zeros), Digest());
}

TEST(HashAlgorithm, HasWireNames) {
  for (const char* name : {"sha256", "blake2b", "blake3"}) EXPECT_EQ(algorithm_name(*find_algorithm(name)), name);
  for (const char* name : {"", "SHA256", "blake2", "sha512"}) EXPECT_FALSE(find_algorithm(name)) << name;
}

}  // namespace
}  // namespace weightmark
