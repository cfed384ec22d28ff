// What the kernels that use the x86 SHA extensions have in common. Every function is put in
// place where it is called (see kernel.h).
#pragma once

#include <immintrin.h>

#include "hash/kernels/kernel.h"

namespace weightmark::shani {

#define WM_INLINE [[gnu::always_inline]] inline

// The instructions want the state as the words A, B, E, F and C, D, G, H, each
// the highest first.
struct State {
  __m128i abef;
  __m128i cdgh;
};

WM_INLINE __m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }

WM_INLINE void store(__m128i value, void* to) { _mm_storeu_si128(static_cast<__m128i*>(to), value); }

WM_INLINE State load_state(const Sha256State& state) {
  const __m128i cdab = _mm_shuffle_epi32(load(state.words), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(load(state.words + 4), 0x1b);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

WM_INLINE void store_state(const State& s, Sha256State& state) {
  const __m128i feba = _mm_shuffle_epi32(s.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(s.cdgh, 0xb1);
  store(_mm_blend_epi16(feba, dchg, 0xf0), state.words);
  store(_mm_alignr_epi8(dchg, feba, 8), state.words + 4);
}

// two_rounds takes W_t + K_t of two rounds in the low half; the high half is of no matter.
WM_INLINE void two_rounds(State& s, __m128i words_and_constants) {
  const __m128i abef = _mm_sha256rnds2_epu32(s.cdgh, s.abef, words_and_constants);
  s.cdgh = s.abef;
  s.abef = abef;
}

// four_rounds takes W_t + K_t of four rounds.
WM_INLINE void four_rounds(State& s, __m128i words_and_constants) {
  two_rounds(s, words_and_constants);
  two_rounds(s, _mm_shuffle_epi32(words_and_constants, 0x0e));
}

WM_INLINE void add_state(State& s, const State& before) {
  s.abef = _mm_add_epi32(s.abef, before.abef);
  s.cdgh = _mm_add_epi32(s.cdgh, before.cdgh);
}

template <std::size_t kStreams>
WM_INLINE void compress_prepared_streams(Sha256State* states, const PreparedBlock& block) {
  State s[kStreams];
  State before[kStreams];
  for (std::size_t i = 0; i < kStreams; ++i) before[i] = s[i] = load_state(states[i]);
  for (std::size_t quad = 0; quad < 16; ++quad) {
    const __m128i words_and_constants = load(block.schedule + 4 * quad);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kStreams; ++i) four_rounds(s[i], words_and_constants);
  }
  for (std::size_t i = 0; i < kStreams; ++i) {
    add_state(s[i], before[i]);
    store_state(s[i], states[i]);
  }
}

#undef WM_INLINE

}  // namespace weightmark::shani
