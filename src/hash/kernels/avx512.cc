// Sixteen streams in AVX-512, which rotates and takes any function of three
// values in one instruction.
#if defined(__x86_64__)

#include <immintrin.h>

#include "hash/kernels/cpu.h"
#include "hash/kernels/lanes.h"

namespace weightmark {
namespace {

#define WM_INLINE [[gnu::always_inline]] static inline

struct Avx512 {
  using Word = __m512i;
  static constexpr std::size_t kLanes = 16;

  WM_INLINE Word load(const std::uint32_t* row) { return _mm512_load_si512(row); }
  WM_INLINE void store(Word word, std::uint32_t* row) { _mm512_store_si512(row, word); }
  WM_INLINE Word broadcast(std::uint32_t value) { return _mm512_set1_epi32(static_cast<int>(value)); }
  WM_INLINE Word add(Word a, Word b) { return _mm512_add_epi32(a, b); }
  // The third operand of each is the function's truth table.
  WM_INLINE Word xor3(Word a, Word b, Word c) { return _mm512_ternarylogic_epi32(a, b, c, 0x96); }
  WM_INLINE Word choose(Word e, Word f, Word g) { return _mm512_ternarylogic_epi32(e, f, g, 0xca); }
  WM_INLINE Word majority(Word a, Word b, Word c) { return _mm512_ternarylogic_epi32(a, b, c, 0xe8); }
  template <int n>
  WM_INLINE Word rotate(Word a) {
    return _mm512_ror_epi32(a, n);
  }
  template <int n>
  WM_INLINE Word shift(Word a) {
    return _mm512_srli_epi32(a, n);
  }

  WM_INLINE void load_block(const std::uint8_t* const* data, std::size_t offset, Word (&w)[16]);
};

// swap_bytes makes the big-endian words of section 3.1 the CPU's own.
WM_INLINE __m512i swap_bytes(__m512i a) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm512_shuffle_epi8(a, _mm512_broadcast_i32x4(order));
}

// Four rows become, in each 128-bit quarter q, their words 4q to 4q + 3.
WM_INLINE void transpose_quarters(__m512i* r) {
  const __m512i low01 = _mm512_unpacklo_epi32(r[0], r[1]);
  const __m512i high01 = _mm512_unpackhi_epi32(r[0], r[1]);
  const __m512i low23 = _mm512_unpacklo_epi32(r[2], r[3]);
  const __m512i high23 = _mm512_unpackhi_epi32(r[2], r[3]);
  r[0] = _mm512_unpacklo_epi64(low01, low23);
  r[1] = _mm512_unpackhi_epi64(low01, low23);
  r[2] = _mm512_unpacklo_epi64(high01, high23);
  r[3] = _mm512_unpackhi_epi64(high01, high23);
}

// The quarters of r[0], r[4], r[8] and r[12] are exchanged likewise.
WM_INLINE void transpose_across(__m512i* r) {
  const __m512i even01 = _mm512_shuffle_i32x4(r[0], r[4], 0x88);
  const __m512i odd01 = _mm512_shuffle_i32x4(r[0], r[4], 0xdd);
  const __m512i even23 = _mm512_shuffle_i32x4(r[8], r[12], 0x88);
  const __m512i odd23 = _mm512_shuffle_i32x4(r[8], r[12], 0xdd);
  r[0] = _mm512_shuffle_i32x4(even01, even23, 0x88);
  r[4] = _mm512_shuffle_i32x4(odd01, odd23, 0x88);
  r[8] = _mm512_shuffle_i32x4(even01, even23, 0xdd);
  r[12] = _mm512_shuffle_i32x4(odd01, odd23, 0xdd);
}

// A row is one message's block, a cache line at best, read once: sixteen leaves
// 4096 bytes apart compete for the same lines of the first cache.
void Avx512::load_block(const std::uint8_t* const* data, std::size_t offset, Word (&w)[16]) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < 16; ++i) w[i] = swap_bytes(_mm512_loadu_si512(data[i] + offset));
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 16; i += 4) transpose_quarters(w + i);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) transpose_across(w + i);
}

#undef WM_INLINE

void compress(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks) {
  lanes::compress<Avx512>(states, data, streams, blocks);
}

void compress_prepared(Sha256State* states, std::size_t streams, const PreparedBlock& block) {
  lanes::compress_prepared<Avx512>(states, streams, block);
}

}  // namespace

constinit const Sha256Kernel kSha256Avx512 = {"avx512", Avx512::kLanes, 7, cpu_has_avx512, compress, compress_prepared};

}  // namespace weightmark

#endif
