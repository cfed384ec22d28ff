#include "hash/sha256_kernels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

namespace weightmark {
namespace {

// The fastest first. AVX2 stands behind SHA-NI: eight lanes without a rotate
// instruction hardly reach one stream of SHA-NI.
constexpr const Sha256Kernel* kKernels[] = {
#if defined(__x86_64__)
    &kSha256Avx512, &kSha256ShaNi, &kSha256Avx2,
#elif defined(__aarch64__)
    &kSha256Armv8,
#endif
    &kSha256OpenSsl};

// Null unless force_sha256_kernel named one.
std::atomic<const Sha256Kernel*> forced_kernel = nullptr;

// first_supported begins with `from`, as if the CPU had nothing faster.
const Sha256Kernel& first_supported(bool for_one_stream, const Sha256Kernel* from = kKernels[0]) {
  for (const Sha256Kernel* const* kernel = std::ranges::find(kKernels, from); kernel != std::end(kKernels); ++kernel)
    if ((!for_one_stream || (*kernel)->fewest == 1) && (*kernel)->supported()) return **kernel;
  return kSha256OpenSsl;
}

std::vector<std::string_view> supported_names() {
  std::vector<std::string_view> names;
  for (const Sha256Kernel* kernel : kKernels)
    if (kernel->supported()) names.push_back(kernel->name);
  return names;
}

}  // namespace

std::span<const Sha256Kernel* const> all_sha256_kernels() { return kKernels; }

const Sha256Kernel* find_sha256_kernel(std::string_view name) {
  const auto* found = std::ranges::find(kKernels, name, &Sha256Kernel::name);
  return found != std::end(kKernels) && (*found)->supported() ? *found : nullptr;
}

const Sha256Kernel& wide_sha256_kernel() {
  static const Sha256Kernel& fastest = first_supported(false);
  const Sha256Kernel* forced = forced_kernel.load(std::memory_order_relaxed);
  return forced ? *forced : fastest;
}

const Sha256Kernel& stream_sha256_kernel() {
  static const Sha256Kernel& fastest = first_supported(true);
  const Sha256Kernel* forced = forced_kernel.load(std::memory_order_relaxed);
  return forced ? first_supported(true, forced) : fastest;
}

std::vector<Sha256KernelInfo> list_sha256_kernels() {
  std::vector<Sha256KernelInfo> list;
  for (const Sha256Kernel* kernel : kKernels)
    list.push_back({kernel->name, kernel->lanes, kernel->supported(), kernel == &wide_sha256_kernel(),
                    kernel == &stream_sha256_kernel()});
  return list;
}

Result<void> force_sha256_kernel(std::string_view name) {
  const Sha256Kernel* kernel = find_sha256_kernel(name);
  if (!kernel && !name.empty())
    return std::unexpected(Error{ErrorCode::kUsage, "this CPU and build have no SHA-256 kernel of that name",
                                 std::string(name), fmt::format("use one of {}", fmt::join(supported_names(), ", "))});
  forced_kernel.store(kernel, std::memory_order_relaxed);
  return {};
}

}  // namespace weightmark
