// SHA-256 kernels: one file per instruction set, all behind Sha256Kernel.
//
// A kernel's file is compiled for its instruction set. It must therefore use
// nothing that makes the compiler emit a shared inline function (no standard
// containers): the linker could keep that copy for the whole program, and a
// smaller CPU would stop on it. Hence the plain arrays here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weightmark {

inline constexpr std::size_t kSha256BlockSize = 64;
inline constexpr std::size_t kSha256MostLanes = 16;

// Sha256State is the chaining value H0..H7 (FIPS 180-4, section 6.2).
struct Sha256State {
  std::uint32_t words[8];
};

// Section 5.3.3.
inline constexpr Sha256State kSha256Start = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,  //
                                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};

// Section 4.2.2.
// It is defined elsewhere, lest the compiler hold each constant in a register of
// its own, and then on the stack, where an instruction could read it from here.
extern const std::uint32_t kSha256Rounds[64];

// PreparedBlock is a block that many messages share, such as the padding of
// messages of one length, with its message schedule done once.
struct PreparedBlock {
  std::uint8_t bytes[kSha256BlockSize];
  alignas(64) std::uint32_t schedule[64];  // W_t + K_t (section 6.2.2, steps 1 and 3)
};

// Sha256Kernel advances several independent streams at once.
struct Sha256Kernel {
  std::string_view name;
  std::size_t lanes;   // the most streams in one call
  std::size_t fewest;  // live streams from which on a call beats one stream after another
  bool (*supported)();

  // compress advances states[i] by the `blocks` blocks at data[i], for each i
  // below `streams` (1 to lanes). The data need no alignment.
  void (*compress)(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks);

  // compress_prepared advances every state by the same block.
  void (*compress_prepared)(Sha256State* states, std::size_t streams, const PreparedBlock& block);
};

#if defined(__x86_64__)
extern const Sha256Kernel kSha256Avx512;
extern const Sha256Kernel kSha256Avx2;
extern const Sha256Kernel kSha256ShaNi;
extern const Sha256Kernel kSha256ShaNiAvx512;
#elif defined(__aarch64__)
extern const Sha256Kernel kSha256Armv8;
#endif
extern const Sha256Kernel kSha256OpenSsl;

// openssl_sha256 is OpenSSL's own one-shot digest, which the tests compare with.
void openssl_sha256(const std::uint8_t* data, std::size_t size, std::uint8_t (&digest)[32]);

}  // namespace weightmark
