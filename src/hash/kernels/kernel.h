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
alignas(64) inline constexpr std::uint32_t kSha256Rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

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
#elif defined(__aarch64__)
extern const Sha256Kernel kSha256Armv8;
#endif
extern const Sha256Kernel kSha256OpenSsl;

// openssl_sha256 is OpenSSL's own one-shot digest, which the tests compare with.
void openssl_sha256(const std::uint8_t* data, std::size_t size, std::uint8_t (&digest)[32]);

}  // namespace weightmark
