// SHA-256 of one message a lane of a vector register (FIPS 180-4, section 6.2.2),
// for any register width.
//
// A Vector has the type Word, one 32-bit word a lane; kLanes; add, xor3, choose,
// majority, rotate<n>, shift<n>, broadcast; and load_block, which turns a block of
// every message into its sixteen words. As a Vector is local to one kernel's file,
// so is everything made of it (see kernel.h).
#pragma once

#include <utility>

#include "hash/kernels/kernel.h"

namespace weightmark::lanes {

#define WM_INLINE [[gnu::always_inline]] inline

// States keeps a word of all streams in each register.
template <class Vector>
struct States {
  using Word = typename Vector::Word;
  Word words[8];
};

template <class Vector>
WM_INLINE void load_states(const Sha256State* states, std::size_t streams, States<Vector>& out) {
  alignas(64) std::uint32_t rows[8][Vector::kLanes] = {};
  for (std::size_t lane = 0; lane < streams; ++lane)
    for (std::size_t i = 0; i < 8; ++i) rows[i][lane] = states[lane].words[i];
  for (std::size_t i = 0; i < 8; ++i) out.words[i] = Vector::load(rows[i]);
}

template <class Vector>
WM_INLINE void store_states(const States<Vector>& in, Sha256State* states, std::size_t streams) {
  alignas(64) std::uint32_t rows[8][Vector::kLanes];
  for (std::size_t i = 0; i < 8; ++i) Vector::store(in.words[i], rows[i]);
  for (std::size_t lane = 0; lane < streams; ++lane)
    for (std::size_t i = 0; i < 8; ++i) states[lane].words[i] = rows[i][lane];
}

// round is step 3 for round t, a constant when inlined. Instead of moving eight
// values along, it names them by where they have come.
template <std::size_t t, class Vector>
WM_INLINE void round(States<Vector>& states, typename Vector::Word word_and_constant) {
  using V = Vector;
  auto& s = states.words;
  auto& a = s[(8 - t % 8) % 8];
  auto& b = s[(9 - t % 8) % 8];
  auto& c = s[(10 - t % 8) % 8];
  auto& d = s[(11 - t % 8) % 8];
  auto& e = s[(12 - t % 8) % 8];
  auto& f = s[(13 - t % 8) % 8];
  auto& g = s[(14 - t % 8) % 8];
  auto& h = s[(15 - t % 8) % 8];
  const auto sigma1 = V::xor3(V::template rotate<6>(e), V::template rotate<11>(e), V::template rotate<25>(e));
  const auto sigma0 = V::xor3(V::template rotate<2>(a), V::template rotate<13>(a), V::template rotate<22>(a));
  // What does not need e or a comes first, and d and h have sums of their own: a
  // new e is three instructions behind the last one, and so is a new a. That chain,
  // not the number of instructions, sets the pace.
  const auto early = V::add(h, word_and_constant);
  const auto choice = V::choose(e, f, g);
  h = V::add(V::add(V::add(V::add(early, choice), sigma1), V::majority(a, b, c)), sigma0);
  d = V::add(V::add(V::add(early, d), choice), sigma1);
}

// next_word is step 1 for t >= 16: w[t % 16] becomes W_t.
template <std::size_t t, class Vector>
WM_INLINE void next_word(typename Vector::Word (&w)[16]) {
  using V = Vector;
  const auto old = w[(t + 1) % 16];
  const auto late = w[(t + 14) % 16];
  const auto sigma0 = V::xor3(V::template rotate<7>(old), V::template rotate<18>(old), V::template shift<3>(old));
  const auto sigma1 = V::xor3(V::template rotate<17>(late), V::template rotate<19>(late), V::template shift<10>(late));
  w[t] = V::add(V::add(w[t], sigma0), V::add(w[(t + 9) % 16], sigma1));
}

// Each word is replaced by that of sixteen rounds later as soon as it is used, so
// that the schedule is long done when the rounds want it.
template <class Vector, std::size_t... t>
WM_INLINE void rounds_and_words(States<Vector>& s, typename Vector::Word (&w)[16], const std::uint32_t* constants,
                                std::index_sequence<t...>) {
  ((round<t>(s, Vector::add(w[t], Vector::broadcast(constants[t]))), next_word<t, Vector>(w)), ...);
}

template <class Vector, std::size_t... t>
WM_INLINE void last_rounds(States<Vector>& s, const typename Vector::Word (&w)[16], std::index_sequence<t...>) {
  (round<t>(s, Vector::add(w[t], Vector::broadcast(kSha256Rounds[48 + t]))), ...);
}

template <class Vector, std::size_t... t>
WM_INLINE void prepared_rounds(States<Vector>& s, const std::uint32_t* schedule, std::index_sequence<t...>) {
  (round<t>(s, Vector::broadcast(schedule[t])), ...);
}

// add_states is step 4.
template <class Vector>
WM_INLINE void add_states(States<Vector>& s, const States<Vector>& before) {
  for (std::size_t i = 0; i < 8; ++i) s.words[i] = Vector::add(s.words[i], before.words[i]);
}

// The block's words are loaded in place of W_0 to W_15. Three turns of one loop
// keep the code within the decoded-instruction cache.
template <class Vector>
WM_INLINE void compress_block(States<Vector>& states, typename Vector::Word (&w)[16]) {
  constexpr auto kSixteen = std::make_index_sequence<16>();
  const States<Vector> before = states;
#pragma GCC unroll 1
  for (std::size_t t = 0; t < 48; t += 16) rounds_and_words(states, w, kSha256Rounds + t, kSixteen);
  last_rounds(states, w, kSixteen);
  add_states(states, before);
}

template <class Vector>
WM_INLINE void compress(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks) {
  const std::uint8_t* next[Vector::kLanes];
  // A lane without a stream works on the first one's data, and in vain.
  for (std::size_t lane = 0; lane < Vector::kLanes; ++lane) next[lane] = data[lane < streams ? lane : 0];
  States<Vector> s;
  load_states(states, streams, s);
  for (std::size_t offset = 0; offset < blocks * kSha256BlockSize; offset += kSha256BlockSize) {
    typename Vector::Word w[16];
    Vector::load_block(next, offset, w);
    compress_block(s, w);
  }
  store_states(s, states, streams);
}

template <class Vector>
WM_INLINE void compress_prepared(Sha256State* states, std::size_t streams, const PreparedBlock& block) {
  States<Vector> s;
  load_states(states, streams, s);
  const States<Vector> before = s;
#pragma GCC unroll 1
  for (std::size_t t = 0; t < 64; t += 16) prepared_rounds(s, block.schedule + t, std::make_index_sequence<16>());
  add_states(s, before);
  store_states(s, states, streams);
}

#undef WM_INLINE

}  // namespace weightmark::lanes
