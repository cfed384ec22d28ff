// SHA-256 (FIPS 180-4) of one stream, and of many messages of one length.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "hash/sha256_kernels.h"
#include "weightmark/bytes.h"

namespace weightmark {

using Sha256Digest = std::array<std::uint8_t, 32>;

// Sha256 computes the digest of bytes given piece by piece.
class Sha256 {
 public:
  void update(ByteView bytes);

  // update_with_blocks is update with the 4096 bytes at each of blocks[0] to blocks[count-1], in
  // order, that computes the digest of each by itself as well. A stream waits for itself most
  // of the time: both together take little longer.
  void update_with_blocks(const std::uint8_t* const* blocks, std::size_t count, Sha256Digest* digests);

  // finish returns the digest and leaves the object as if new.
  Sha256Digest finish();

 private:
  friend class Sha256Streams;

  void update_in_lockstep(const Sha256Kernel& kernel, const std::uint8_t* const* blocks, std::size_t count,
                          Sha256Digest* digests);

  // complete_block fills the block begun by earlier pieces and returns the bytes
  // that it did not need.
  ByteView complete_block(ByteView bytes);

  // keep holds back less than a block until more comes.
  void keep(ByteView rest);

  Sha256State state_ = kSha256Start;
  std::uint64_t length_ = 0;  // bytes given so far
  std::size_t held_ = 0;      // bytes in block_
  std::array<std::uint8_t, kSha256BlockSize> block_;
};

// sha256_equal computes digests[i] of the `length` bytes at messages[i] for each
// i below `count`, in as many lanes as this CPU has.
void sha256_equal(const std::uint8_t* const* messages, std::size_t count, std::size_t length, Sha256Digest* digests);

// sha256_equal with one kernel, whatever is fastest; for tests and benchmarks.
void sha256_equal(const Sha256Kernel& kernel, const std::uint8_t* const* messages, std::size_t count,
                  std::size_t length, Sha256Digest* digests);

}  // namespace weightmark
