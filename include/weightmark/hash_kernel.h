// Which of its SHA-256 kernels the library runs.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

// Sha256KernelInfo describes one kernel of this build.
struct Sha256KernelInfo {
  std::string_view name;   // such as "avx512"; lives as long as the program
  std::size_t lanes = 1;   // the most streams that it advances at once
  bool supported = false;  // by this CPU
  bool for_many = false;   // it is the one that runs when many streams are hashed at once
  bool for_one = false;    // it is the one that runs for a single stream
};

// list_sha256_kernels lists the kernels of this build, the fastest for many streams
// first.
WEIGHTMARK_API std::vector<Sha256KernelInfo> list_sha256_kernels();

// force_sha256_kernel makes this process hash as on a CPU that has nothing faster than
// the named kernel: it takes many streams, and a single one where it is made for that.
// "" returns to the fastest. For tests, and for a user whose CPU misbehaves. The digests
// are the same with every kernel.
// Errors: usage, naming the kernels that this CPU supports.
WEIGHTMARK_API Result<void> force_sha256_kernel(std::string_view name);

}  // namespace weightmark
