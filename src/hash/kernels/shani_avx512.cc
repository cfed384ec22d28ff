// Eight streams with the x86 SHA extensions for the rounds and AVX-512 for the message
// schedules. On Zen 4 a core begins two rounds in each cycle, but the instruction that ends a
// step of the schedule (sha256msg2) occupies the same unit for two cycles, and 512-bit
// instructions are done by halves. So the schedules are made eight streams at a time in 256-bit
// registers, by other units, for one block while the rounds of the block before are done.
#if defined(__x86_64__)

#include <immintrin.h>

#include <utility>

#include "hash/kernels/avx2.h"
#include "hash/kernels/cpu.h"
#include "hash/kernels/lanes.h"
#include "hash/kernels/shani.h"

namespace weightmark {
namespace {

using namespace shani;

#define WM_INLINE [[gnu::always_inline]] static inline

constexpr std::size_t kStreams = 8;

// As many streams as wait for themselves in turn, so that the unit for rounds never does.
constexpr std::size_t kGroup = 4;

// Lanes is what lanes.h needs for the schedule.
struct Lanes {
  using Word = __m256i;

  WM_INLINE Word add(Word a, Word b) { return _mm256_add_epi32(a, b); }
  WM_INLINE Word xor3(Word a, Word b, Word c) { return _mm256_ternarylogic_epi32(a, b, c, 0x96); }
  template <int n>
  WM_INLINE Word rotate(Word a) {
    return _mm256_ror_epi32(a, n);
  }
  template <int n>
  WM_INLINE Word shift(Word a) {
    return _mm256_srli_epi32(a, n);
  }
};

// Schedule is W_t + K_t of one block of every stream, in pairs as two rounds take them: of
// streams 0, 1, 4 and 5 in pairs[t / 2][0], of the others in pairs[t / 2][1].
struct Schedule {
  __m256i pairs[32][2];
};

WM_INLINE const std::uint8_t* pair_of(const Schedule& schedule, std::size_t pair, std::size_t stream) {
  const __m256i* row = &schedule.pairs[pair][stream % kGroup / 2];
  return reinterpret_cast<const std::uint8_t*>(row) + 16 * (stream / kGroup) + 8 * (stream % 2);
}

// W has the sixteen latest words of every stream, that of stream i in lane i.
using W = __m256i[16];

// load_lines reads the blocks of streams i and i + 4, each a cache line at best, once: leaves
// 4096 bytes apart compete for the same lines of the first cache.
WM_INLINE void load_lines(const std::uint8_t* const* data, std::size_t offset, std::size_t i, W& w) {
#pragma GCC unroll 4
  for (std::size_t j = 0; j < 4; ++j)
    w[4 * j + i] = _mm256_inserti128_si256(_mm256_castsi128_si256(load(data[i] + offset + 16 * j)),
                                           load(data[i + kGroup] + offset + 16 * j), 1);
}

// transpose turns what load_lines has put there into words 4j to 4j + 3, the CPU's own
// (section 3.1 has them big-endian).
WM_INLINE void transpose(std::size_t j, W& w) {
  const __m256i order = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  __m256i* r = w + 4 * j;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) r[i] = _mm256_shuffle_epi8(r[i], order);
  transpose_halves(r);
}

WM_INLINE __m256i constant(std::size_t t) { return _mm256_set1_epi32(static_cast<int>(kSha256Rounds[t])); }

// put_pair adds the constants to W_t and W_t+1.
WM_INLINE void put_pair(const W& w, std::size_t t, Schedule& schedule) {
  const __m256i even = _mm256_add_epi32(w[t % 16], constant(t));
  const __m256i odd = _mm256_add_epi32(w[t % 16 + 1], constant(t + 1));
  schedule.pairs[t / 2][0] = _mm256_unpacklo_epi32(even, odd);
  schedule.pairs[t / 2][1] = _mm256_unpackhi_epi32(even, odd);
}

// A block is 32 turns: in each, four rounds of four streams, or a part of the schedule, or
// both, of different blocks, which the CPU then does at once.
constexpr auto kTurns = std::make_index_sequence<32>();

// Message is where the block is that a schedule is made of.
struct Message {
  const std::uint8_t* const* data;
  std::size_t offset;
};

template <std::size_t turn>
WM_INLINE void schedule_turn(const Message& message, W& w, Schedule& schedule) {
  if constexpr (turn < 4) {
    load_lines(message.data, message.offset, turn, w);
  } else if constexpr (turn < 8) {
    transpose(turn - 4, w);
    put_pair(w, 4 * (turn - 4), schedule);
    put_pair(w, 4 * (turn - 4) + 2, schedule);
  } else {
    lanes::next_word<2 * turn % 16, Lanes>(w);
    lanes::next_word<2 * turn % 16 + 1, Lanes>(w);
    put_pair(w, 2 * turn, schedule);
  }
}

template <std::size_t turn>
WM_INLINE void rounds_turn(State (&s)[kStreams], const Schedule& schedule) {
  constexpr std::size_t kFirst = turn / 16 * kGroup;
  constexpr std::size_t kPair = turn % 16 * 2;
#pragma GCC unroll 2
  for (std::size_t pair = kPair; pair < kPair + 2; ++pair)
#pragma GCC unroll 4
    for (std::size_t i = kFirst; i < kFirst + kGroup; ++i) two_rounds(s[i], _mm_loadu_si64(pair_of(schedule, pair, i)));
}

template <std::size_t... turn>
WM_INLINE void make_schedule(const Message& message, Schedule& schedule, std::index_sequence<turn...>) {
  W w;
  (schedule_turn<turn>(message, w, schedule), ...);
}

template <std::size_t... turn>
WM_INLINE void do_rounds(State (&s)[kStreams], const Schedule& schedule, std::index_sequence<turn...>) {
  (rounds_turn<turn>(s, schedule), ...);
}

template <std::size_t... turn>
WM_INLINE void do_both(State (&s)[kStreams], const Schedule& schedule, const Message& message, Schedule& next,
                       std::index_sequence<turn...>) {
  W w;
  ((schedule_turn<turn>(message, w, next), rounds_turn<turn>(s, schedule)), ...);
}

WM_INLINE void add_states(State (&s)[kStreams], const State (&before)[kStreams]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kStreams; ++i) add_state(s[i], before[i]);
}

WM_INLINE void copy_states(const State (&from)[kStreams], State (&to)[kStreams]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kStreams; ++i) to[i] = from[i];
}

#undef WM_INLINE

void compress(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks) {
  // A lane without a stream works on the first one's data, and in vain.
  const std::uint8_t* all[kStreams];
  State s[kStreams];
  State before[kStreams];
  for (std::size_t i = 0; i < kStreams; ++i) {
    all[i] = data[i < streams ? i : 0];
    s[i] = load_state(states[i < streams ? i : 0]);
  }
  Schedule schedules[2];
  make_schedule({all, 0}, schedules[0], kTurns);
  for (std::size_t block = 1; block < blocks; ++block) {
    copy_states(s, before);
    do_both(s, schedules[(block - 1) % 2], {all, block * kSha256BlockSize}, schedules[block % 2], kTurns);
    add_states(s, before);
  }
  copy_states(s, before);
  do_rounds(s, schedules[(blocks - 1) % 2], kTurns);
  add_states(s, before);
  for (std::size_t i = 0; i < streams; ++i) store_state(s[i], states[i]);
}

void compress_prepared(Sha256State* states, std::size_t streams, const PreparedBlock& block) {
  for (; streams >= kGroup; streams -= kGroup, states += kGroup) compress_prepared_streams<kGroup>(states, block);
  for (; streams > 0; --streams, ++states) compress_prepared_streams<1>(states, block);
}

}  // namespace

constinit const Sha256Kernel kSha256ShaNiAvx512 = {"sha-ni-avx512", kStreams,         5, cpu_has_sha_ni_and_avx512vl,
                                                   compress,        compress_prepared};

}  // namespace weightmark

#endif
