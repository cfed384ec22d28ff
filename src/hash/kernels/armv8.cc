// One stream with the ARMv8 cryptographic extensions.
#if defined(__aarch64__)

#include <arm_neon.h>
#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "hash/kernels/kernel.h"

namespace weightmark {
namespace {

#define WM_INLINE [[gnu::always_inline]] inline

bool supported() {
#if defined(__linux__)
  return (getauxval(AT_HWCAP) & HWCAP_SHA2) != 0;
#else
  return true;  // every 64-bit ARM computer of Apple's has them
#endif
}

struct State {
  uint32x4_t abcd;
  uint32x4_t efgh;
};

WM_INLINE State load_state(const Sha256State& state) { return {vld1q_u32(state.words), vld1q_u32(state.words + 4)}; }

WM_INLINE void store_state(const State& s, Sha256State& state) {
  vst1q_u32(state.words, s.abcd);
  vst1q_u32(state.words + 4, s.efgh);
}

WM_INLINE uint32x4_t load_words(const std::uint8_t* data) { return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(data))); }

// next_words makes W_t to W_t+3 of the sixteen words before, in w[quad % 4].
WM_INLINE void next_words(uint32x4_t (&w)[4], std::size_t quad) {
  const uint32x4_t begun = vsha256su0q_u32(w[quad & 3], w[(quad + 1) & 3]);
  w[quad & 3] = vsha256su1q_u32(begun, w[(quad + 2) & 3], w[(quad + 3) & 3]);
}

// four_rounds takes W_t + K_t of four rounds.
WM_INLINE void four_rounds(State& s, uint32x4_t words_and_constants) {
  const uint32x4_t abcd = s.abcd;
  s.abcd = vsha256hq_u32(abcd, s.efgh, words_and_constants);
  s.efgh = vsha256h2q_u32(s.efgh, abcd, words_and_constants);
}

WM_INLINE void add_state(State& s, const State& before) {
  s.abcd = vaddq_u32(s.abcd, before.abcd);
  s.efgh = vaddq_u32(s.efgh, before.efgh);
}

WM_INLINE void compress_block(State& s, const std::uint8_t* data) {
  const State before = s;
  uint32x4_t w[4];
  for (std::size_t i = 0; i < 4; ++i) w[i] = load_words(data + 16 * i);
#pragma GCC unroll 16
  for (std::size_t quad = 0; quad < 16; ++quad) {
    if (quad >= 4) next_words(w, quad);
    four_rounds(s, vaddq_u32(w[quad & 3], vld1q_u32(kSha256Rounds + 4 * quad)));
  }
  add_state(s, before);
}

#undef WM_INLINE

void compress(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks) {
  for (std::size_t i = 0; i < streams; ++i) {
    State s = load_state(states[i]);
    for (std::size_t block = 0; block < blocks; ++block) compress_block(s, data[i] + block * kSha256BlockSize);
    store_state(s, states[i]);
  }
}

void compress_prepared(Sha256State* states, std::size_t streams, const PreparedBlock& block) {
  for (std::size_t i = 0; i < streams; ++i) {
    const State before = load_state(states[i]);
    State s = before;
    for (std::size_t quad = 0; quad < 16; ++quad) four_rounds(s, vld1q_u32(block.schedule + 4 * quad));
    add_state(s, before);
    store_state(s, states[i]);
  }
}

}  // namespace

constinit const Sha256Kernel kSha256Armv8 = {"armv8", 1, 1, supported, compress, compress_prepared};

}  // namespace weightmark

#endif
