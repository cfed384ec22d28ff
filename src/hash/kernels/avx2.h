// What the kernels that use 256-bit registers have in common. Put in place where it is called
// (see kernel.h).
#pragma once

#include <immintrin.h>

namespace weightmark {

// Four rows become, in each 128-bit half h, their words 4h to 4h + 3.
[[gnu::always_inline]] inline void transpose_halves(__m256i* r) {
  const __m256i low01 = _mm256_unpacklo_epi32(r[0], r[1]);
  const __m256i high01 = _mm256_unpackhi_epi32(r[0], r[1]);
  const __m256i low23 = _mm256_unpacklo_epi32(r[2], r[3]);
  const __m256i high23 = _mm256_unpackhi_epi32(r[2], r[3]);
  r[0] = _mm256_unpacklo_epi64(low01, low23);
  r[1] = _mm256_unpackhi_epi64(low01, low23);
  r[2] = _mm256_unpacklo_epi64(high01, high23);
  r[3] = _mm256_unpackhi_epi64(high01, high23);
}

}  // namespace weightmark
