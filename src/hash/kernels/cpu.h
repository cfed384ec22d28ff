// What an x86 CPU can do.
#pragma once

namespace weightmark {

// These ask for the operating system's support of the registers as well.
bool cpu_has_avx512();
bool cpu_has_avx2();
bool cpu_has_sha_ni();
bool cpu_has_sha_ni_and_avx512vl();

// cpu_halves_avx512 says that the CPU is one of AMD's Zen 4 generation, which does a 512-bit
// instruction as two of 256 bits.
bool cpu_halves_avx512();

}  // namespace weightmark
