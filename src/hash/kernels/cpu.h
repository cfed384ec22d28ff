// What an x86 CPU can do.
#pragma once

namespace weightmark {

// These ask for the operating system's support of the registers as well.
bool cpu_has_avx512();
bool cpu_has_avx2();
bool cpu_has_sha_ni();

}  // namespace weightmark
