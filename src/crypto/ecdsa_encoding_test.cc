#include "crypto/ecdsa_encoding.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

Bytes raw(std::size_t half, Bytes first, Bytes second) {
  Bytes bytes(half - first.size());
  bytes.insert(bytes.end(), first.begin(), first.end());
  bytes.resize(2 * half - second.size());
  bytes.insert(bytes.end(), second.begin(), second.end());
  return bytes;
}

TEST(DerOfP1363, WritesIntegersAsShortAsTheyAre) {
  EXPECT_EQ(der_of_p1363(raw(32, {0x01}, {0x80})), (Bytes{0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x02, 0x00, 0x80}));
  EXPECT_EQ(der_of_p1363(raw(48, {}, {0x7f, 0x00})), (Bytes{0x30, 0x07, 0x02, 0x01, 0x00, 0x02, 0x02, 0x7f, 0x00}));
}

TEST(DerOfP1363, WritesLongLengths) {
  const auto der = der_of_p1363(raw(66, Bytes(66, 0x11), Bytes(66, 0x11)));
  ASSERT_TRUE(der);
  ASSERT_EQ(der->size(), 3U + 2 * 68);
  EXPECT_EQ((*der)[1], 0x81);
  EXPECT_EQ((*der)[2], 136);
}

TEST(DerOfP1363, TakesNoOtherLengths) {
  for (const std::size_t size : {0U, 63U, 65U, 70U, 72U, 128U}) EXPECT_FALSE(der_of_p1363(Bytes(size, 1))) << size;
}

}  // namespace
}  // namespace weightmark
