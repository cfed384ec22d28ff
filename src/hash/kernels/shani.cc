// One or two streams with the x86 SHA extensions. Two at once hide the latency
// of sha256rnds2 where the CPU can start one before the last is done.
#if defined(__x86_64__)

#include "hash/kernels/shani.h"

#include <immintrin.h>

#include "hash/kernels/cpu.h"

namespace weightmark {
namespace {

using namespace shani;

#define WM_INLINE [[gnu::always_inline]] inline

WM_INLINE __m128i load_words(const std::uint8_t* data) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(load(data), order);
}

// next_words makes W_t to W_t+3 of the sixteen words before, in w[quad % 4].
WM_INLINE void next_words(__m128i (&w)[4], std::size_t quad) {
  const __m128i last = w[(quad + 3) & 3];
  const __m128i seven_back = _mm_alignr_epi8(last, w[(quad + 2) & 3], 4);
  const __m128i begun = _mm_sha256msg1_epu32(w[quad & 3], w[(quad + 1) & 3]);
  w[quad & 3] = _mm_sha256msg2_epu32(_mm_add_epi32(begun, seven_back), last);
}

template <std::size_t kStreams>
WM_INLINE void compress_block(State (&s)[kStreams], __m128i (&w)[kStreams][4]) {
#pragma GCC unroll 16
  for (std::size_t quad = 0; quad < 16; ++quad) {
    const __m128i constants = load(kSha256Rounds + 4 * quad);
#pragma GCC unroll 2
    for (std::size_t i = 0; i < kStreams; ++i) {
      if (quad >= 4) next_words(w[i], quad);
      four_rounds(s[i], _mm_add_epi32(w[i][quad & 3], constants));
    }
  }
}

template <std::size_t kStreams>
WM_INLINE void compress_streams(Sha256State* states, const std::uint8_t* const* data, std::size_t blocks) {
  State s[kStreams];
  for (std::size_t i = 0; i < kStreams; ++i) s[i] = load_state(states[i]);
  for (std::size_t offset = 0; offset < blocks * kSha256BlockSize; offset += kSha256BlockSize) {
    State before[kStreams];
    __m128i w[kStreams][4];
    for (std::size_t i = 0; i < kStreams; ++i) {
      before[i] = s[i];
      for (std::size_t j = 0; j < 4; ++j) w[i][j] = load_words(data[i] + offset + 16 * j);
    }
    compress_block<kStreams>(s, w);
    for (std::size_t i = 0; i < kStreams; ++i) add_state(s[i], before[i]);
  }
  for (std::size_t i = 0; i < kStreams; ++i) store_state(s[i], states[i]);
}

#undef WM_INLINE

void compress(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks) {
  if (streams == 2)
    compress_streams<2>(states, data, blocks);
  else
    compress_streams<1>(states, data, blocks);
}

void compress_prepared(Sha256State* states, std::size_t streams, const PreparedBlock& block) {
  if (streams == 2)
    compress_prepared_streams<2>(states, block);
  else
    compress_prepared_streams<1>(states, block);
}

}  // namespace

constinit const Sha256Kernel kSha256ShaNi = {"sha-ni", 2, 1, cpu_has_sha_ni, compress, compress_prepared};

}  // namespace weightmark

#endif
