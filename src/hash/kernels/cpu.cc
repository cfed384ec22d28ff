// Compiled for the least CPU, unlike the kernels, so that asking is always safe.
#include "hash/kernels/cpu.h"

#if defined(__x86_64__)

#include <cpuid.h>

namespace weightmark {

bool cpu_has_avx512() { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"); }

bool cpu_has_avx2() { return __builtin_cpu_supports("avx2"); }

bool cpu_has_sha_ni() {
  // Not every compiler knows "sha" as a name: leaf 7, EBX, bit 29.
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool known = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0;
  return known && (ebx >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1");
}

bool cpu_has_sha_ni_and_avx512vl() {
  return cpu_has_sha_ni() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}

bool cpu_halves_avx512() {
  // The family is 25, base and extended added up; those of it that are not Zen 4 have no AVX-512.
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool known = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0;
  return known && __builtin_cpu_is("amd") && (eax >> 8 & 0xf) + (eax >> 20 & 0xff) == 25 && cpu_has_avx512();
}

}  // namespace weightmark

#endif
