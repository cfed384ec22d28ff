// Eight streams in AVX2, for CPUs without SHA-NI.
#if defined(__x86_64__)

#include "hash/kernels/avx2.h"

#include <immintrin.h>

#include "hash/kernels/cpu.h"
#include "hash/kernels/lanes.h"

namespace weightmark {
namespace {

#define WM_INLINE [[gnu::always_inline]] static inline

struct Avx2 {
  using Word = __m256i;
  static constexpr std::size_t kLanes = 8;

  WM_INLINE Word load(const std::uint32_t* row) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(row)); }
  WM_INLINE void store(Word word, std::uint32_t* row) { _mm256_store_si256(reinterpret_cast<__m256i*>(row), word); }
  WM_INLINE Word broadcast(std::uint32_t value) { return _mm256_set1_epi32(static_cast<int>(value)); }
  WM_INLINE Word add(Word a, Word b) { return _mm256_add_epi32(a, b); }
  WM_INLINE Word xor2(Word a, Word b) { return _mm256_xor_si256(a, b); }
  WM_INLINE Word xor3(Word a, Word b, Word c) { return xor2(xor2(a, b), c); }
  // Section 4.1.2, each with an operation less than it is written there.
  WM_INLINE Word choose(Word e, Word f, Word g) { return xor2(g, _mm256_and_si256(e, xor2(f, g))); }
  WM_INLINE Word majority(Word a, Word b, Word c) { return xor2(b, _mm256_and_si256(xor2(a, b), xor2(b, c))); }
  template <int n>
  WM_INLINE Word rotate(Word a) {
    return _mm256_or_si256(_mm256_srli_epi32(a, n), _mm256_slli_epi32(a, 32 - n));
  }
  template <int n>
  WM_INLINE Word shift(Word a) {
    return _mm256_srli_epi32(a, n);
  }

  WM_INLINE void load_block(const std::uint8_t* const* data, std::size_t offset, Word (&w)[16]);
};

// load_row reads half a block and makes its big-endian words the CPU's own.
WM_INLINE __m256i load_row(const std::uint8_t* data) {
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m256i row = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data));
  return _mm256_shuffle_epi8(row, _mm256_broadcastsi128_si256(order));
}

// The halves of r[0] and r[4] are exchanged likewise.
WM_INLINE void transpose_across(__m256i* r) {
  const __m256i low = _mm256_permute2x128_si256(r[0], r[4], 0x20);
  r[4] = _mm256_permute2x128_si256(r[0], r[4], 0x31);
  r[0] = low;
}

void Avx2::load_block(const std::uint8_t* const* data, std::size_t offset, Word (&w)[16]) {
#pragma GCC unroll 2
  for (std::size_t half = 0; half < 16; half += 8) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) w[half + i] = load_row(data[i] + offset + 4 * half);
    transpose_halves(w + half);
    transpose_halves(w + half + 4);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) transpose_across(w + half + i);
  }
}

#undef WM_INLINE

void compress(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks) {
  lanes::compress<Avx2>(states, data, streams, blocks);
}

void compress_prepared(Sha256State* states, std::size_t streams, const PreparedBlock& block) {
  lanes::compress_prepared<Avx2>(states, streams, block);
}

}  // namespace

constinit const Sha256Kernel kSha256Avx2 = {"avx2", Avx2::kLanes, 3, cpu_has_avx2, compress, compress_prepared};

}  // namespace weightmark

#endif
