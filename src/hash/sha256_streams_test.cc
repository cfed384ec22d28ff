#include "hash/sha256_streams.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "hash/hasher.h"
#include "hash/pattern_testing.h"

namespace weightmark {
namespace {

Sha256Digest alone(ByteView message) {
  Sha256 hash;
  hash.update(message);
  return hash.finish();
}

// hash_all feeds each stream pieces of random lengths until all have ended.
void check_streams(const std::vector<Bytes>& messages, std::size_t most_per_piece) {
  Sha256Streams streams(messages.size());
  std::vector<ByteView> left(messages.begin(), messages.end());
  std::mt19937_64 random(messages.size());
  while (std::ranges::any_of(left, [](ByteView rest) { return !rest.empty(); })) {
    std::vector<ByteView> pieces;
    for (ByteView& rest : left) {
      const std::size_t size = std::min<std::size_t>(random() % (most_per_piece + 1), rest.size());
      pieces.push_back(rest.first(size));
      rest = rest.subspan(size);
    }
    streams.update(pieces);
  }
  for (std::size_t i = 0; i < messages.size(); ++i)
    ASSERT_EQ(streams.finish(i), alone(messages[i])) << "stream " << i << " of " << messages.size();
}

TEST(Sha256Streams, AnyNumberInAnyPieces) {
  for (std::size_t count = 1; count <= 35; ++count) {
    std::vector<Bytes> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(random_bytes(i * 977 % 9000, i));
    check_streams(messages, 200);
    check_streams(messages, 5000);
  }
}

TEST(Sha256Streams, EqualLengthsInOnePiece) {
  std::vector<Bytes> messages;
  for (std::size_t i = 0; i < 16; ++i) messages.push_back(random_bytes(100000, i));
  Sha256Streams streams(messages.size());
  streams.update(std::vector<ByteView>(messages.begin(), messages.end()));
  for (std::size_t i = 0; i < messages.size(); ++i) EXPECT_EQ(streams.finish(i), alone(messages[i]));
}

TEST(Sha256Streams, StreamsEndAndBeginApart) {
  const Bytes first = random_bytes(1000, 1);
  const Bytes second = random_bytes(2000, 2);
  Sha256Streams streams(2);
  streams.update(std::vector<ByteView>{first, ByteView(second).first(900)});
  EXPECT_EQ(streams.finish(0), alone(first));
  streams.update(std::vector<ByteView>{second, ByteView(second).subspan(900)});
  EXPECT_EQ(streams.finish(0), alone(second)) << "a finished stream starts anew";
  EXPECT_EQ(streams.finish(1), alone(second));
}

}  // namespace
}  // namespace weightmark
