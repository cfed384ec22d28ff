#include "hash/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace weightmark {
namespace {

constexpr std::size_t kLengthSize = 8;  // the length field that ends the padding
constexpr std::size_t kTreeBlockSize = 4096;
constexpr std::size_t kLockstep = 2;

// store_big_endian writes `value` in the order of FIPS 180-4, section 3.1.
template <class Integer>
constexpr void store_big_endian(Integer value, std::uint8_t* out) {
  for (std::size_t i = sizeof(Integer); i-- > 0; value = static_cast<Integer>(value >> 8))
    out[i] = static_cast<std::uint8_t>(value);
}

Sha256Digest digest_of(const Sha256State& state) {
  Sha256Digest digest;
  for (std::size_t i = 0; i < 8; ++i) store_big_endian(state.words[i], digest.data() + 4 * i);
  return digest;
}

// Padding is the end of a message and what follows it (section 5.1.1): one block
// or two.
struct Padding {
  std::array<std::uint8_t, 2 * kSha256BlockSize> bytes;
  std::size_t blocks;
};

// `tail` holds the last length % 64 bytes of the message.
void pad(const std::uint8_t* tail, std::uint64_t length, Padding& padding) {
  const std::size_t used = length % kSha256BlockSize;
  padding.blocks = used + 1 + kLengthSize <= kSha256BlockSize ? 1 : 2;
  padding.bytes.fill(0);
  std::copy_n(tail, used, padding.bytes.data());
  padding.bytes[used] = 0x80;
  store_big_endian(length * 8, padding.bytes.data() + padding.blocks * kSha256BlockSize - kLengthSize);
}

// prepare_padding makes the padding block of messages whose length is a multiple
// of 64, with the message schedule of section 6.2.2, step 1.
PreparedBlock prepare_padding(std::uint64_t length) {
  PreparedBlock block{};
  block.bytes[0] = 0x80;
  store_big_endian(length * 8, block.bytes + kSha256BlockSize - kLengthSize);
  std::uint32_t w[64] = {0x80000000};
  w[14] = static_cast<std::uint32_t>(length * 8 >> 32);
  w[15] = static_cast<std::uint32_t>(length * 8);
  for (std::size_t t = 16; t < 64; ++t) {
    const std::uint32_t a = w[t - 15];
    const std::uint32_t b = w[t - 2];
    w[t] = (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10)) + w[t - 7] +
           (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) + w[t - 16];
  }
  for (std::size_t t = 0; t < 64; ++t) block.schedule[t] = w[t] + kSha256Rounds[t];
  return block;
}

void compress_padding(const Sha256Kernel& kernel, const std::uint8_t* const* messages, std::size_t count,
                      std::size_t length, Sha256State* states) {
  if (length == kTreeBlockSize) {  // as is nearly every message of a Merkle tree
    static const PreparedBlock padding = prepare_padding(kTreeBlockSize);
    return kernel.compress_prepared(states, count, padding);
  }
  Padding paddings[kSha256MostLanes];
  const std::uint8_t* blocks[kSha256MostLanes];
  for (std::size_t i = 0; i < count; ++i) {
    pad(messages[i] + length / kSha256BlockSize * kSha256BlockSize, length, paddings[i]);
    blocks[i] = paddings[i].bytes.data();
  }
  kernel.compress(states, blocks, count, paddings[0].blocks);
}

// hash_group hashes at most kernel.lanes messages.
void hash_group(const Sha256Kernel& kernel, const std::uint8_t* const* messages, std::size_t count, std::size_t length,
                Sha256Digest* digests) {
  Sha256State states[kSha256MostLanes];
  std::fill_n(states, count, kSha256Start);
  if (length >= kSha256BlockSize) kernel.compress(states, messages, count, length / kSha256BlockSize);
  compress_padding(kernel, messages, count, length, states);
  std::transform(states, states + count, digests, digest_of);
}

}  // namespace

ByteView Sha256::complete_block(ByteView bytes) {
  length_ += bytes.size();
  if (held_ == 0) return bytes;
  const ByteView taken = bytes.first(std::min(bytes.size(), block_.size() - held_));
  std::ranges::copy(taken, block_.begin() + static_cast<std::ptrdiff_t>(held_));
  held_ += taken.size();
  if (held_ == block_.size()) {
    const std::uint8_t* data = block_.data();
    stream_sha256_kernel().compress(&state_, &data, 1, 1);
    held_ = 0;
  }
  return bytes.subspan(taken.size());
}

void Sha256::keep(ByteView rest) {
  if (rest.empty()) return;
  std::ranges::copy(rest, block_.begin());
  held_ = rest.size();
}

void Sha256::update(ByteView bytes) {
  const ByteView rest = complete_block(bytes);
  const std::size_t blocks = rest.size() / kSha256BlockSize;
  const std::uint8_t* data = rest.data();
  if (blocks > 0) stream_sha256_kernel().compress(&state_, &data, 1, blocks);
  keep(rest.subspan(blocks * kSha256BlockSize));
}

Sha256Digest Sha256::finish() {
  Padding padding;
  pad(block_.data(), length_, padding);
  const std::uint8_t* data = padding.bytes.data();
  stream_sha256_kernel().compress(&state_, &data, 1, padding.blocks);
  const Sha256Digest digest = digest_of(state_);
  *this = Sha256();
  return digest;
}

// Two leaves are padded together, so that no padding waits for itself.
void Sha256::update_in_lockstep(const Sha256Kernel& kernel, const std::uint8_t* const* blocks, std::size_t count,
                                Sha256Digest* digests) {
  Sha256State leaves[kLockstep];
  for (std::size_t i = 0; i < count; ++i) {
    Sha256State states[kLockstep] = {state_, kSha256Start};
    const std::uint8_t* const data[kLockstep] = {blocks[i], blocks[i]};
    kernel.compress(states, data, kLockstep, kTreeBlockSize / kSha256BlockSize);
    state_ = states[0];
    leaves[i] = states[1];
  }
  length_ += count * kTreeBlockSize;
  compress_padding(kernel, blocks, count, kTreeBlockSize, leaves);
  std::transform(leaves, leaves + count, digests, digest_of);
}

void Sha256::update_with_blocks(const std::uint8_t* const* blocks, std::size_t count, Sha256Digest* digests) {
  const Sha256Kernel& kernel = stream_sha256_kernel();
  if (kernel.lanes < kLockstep || held_ != 0) {
    for (std::size_t i = 0; i < count; ++i) update({blocks[i], kTreeBlockSize});
    return sha256_equal(blocks, count, kTreeBlockSize, digests);
  }
  for (std::size_t done = 0; done < count; done += kLockstep)
    update_in_lockstep(kernel, blocks + done, std::min(kLockstep, count - done), digests + done);
}

void sha256_equal(const Sha256Kernel& kernel, const std::uint8_t* const* messages, std::size_t count,
                  std::size_t length, Sha256Digest* digests) {
  for (std::size_t done = 0; done < count; done += kernel.lanes)
    hash_group(kernel, messages + done, std::min(kernel.lanes, count - done), length, digests + done);
}

void sha256_equal(const std::uint8_t* const* messages, std::size_t count, std::size_t length, Sha256Digest* digests) {
  const Sha256Kernel& wide = wide_sha256_kernel();
  const std::size_t left = count % wide.lanes;
  const std::size_t by_wide = left < wide.fewest ? count - left : count;
  sha256_equal(wide, messages, by_wide, length, digests);
  sha256_equal(stream_sha256_kernel(), messages + by_wide, count - by_wide, length, digests + by_wide);
}

}  // namespace weightmark
