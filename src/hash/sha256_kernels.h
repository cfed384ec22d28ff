// Which SHA-256 kernel this CPU runs.
#pragma once

#include <span>
#include <string_view>

#include "hash/kernels/kernel.h"
#include "weightmark/hash_kernel.h"

namespace weightmark {

// all_sha256_kernels lists the kernels of this build, the fastest on this CPU first.
std::span<const Sha256Kernel* const> all_sha256_kernels();

// find_sha256_kernel returns the kernel of that name that this CPU supports, or
// null.
const Sha256Kernel* find_sha256_kernel(std::string_view name);

// wide_sha256_kernel is the fastest for many streams, stream_sha256_kernel for
// one. They may be the same.
const Sha256Kernel& wide_sha256_kernel();
const Sha256Kernel& stream_sha256_kernel();

}  // namespace weightmark
