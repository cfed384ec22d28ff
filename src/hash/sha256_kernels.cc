#include "hash/sha256_kernels.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "hash/kernels/cpu.h"

namespace weightmark {
namespace {

// all_kernels has the fastest first. AVX2 stands behind SHA-NI: eight lanes without a rotate
// instruction hardly reach one stream of SHA-NI. Where 512-bit instructions are done by
// halves, the mixture of both leads, and AVX-512 alone is behind SHA-NI alone (measured on Zen 4).
#if defined(__x86_64__)
std::array<const Sha256Kernel*, 5> all_kernels() {
  if (cpu_halves_avx512()) return {&kSha256ShaNiAvx512, &kSha256ShaNi, &kSha256Avx512, &kSha256Avx2, &kSha256OpenSsl};
  return {&kSha256Avx512, &kSha256ShaNiAvx512, &kSha256ShaNi, &kSha256Avx2, &kSha256OpenSsl};
}
#elif defined(__aarch64__)
std::array<const Sha256Kernel*, 2> all_kernels() { return {&kSha256Armv8, &kSha256OpenSsl}; }
#else
std::array<const Sha256Kernel*, 1> all_kernels() { return {&kSha256OpenSsl}; }
#endif

// Null unless force_sha256_kernel named one.
std::atomic<const Sha256Kernel*> forced_kernel = nullptr;

// first_supported begins with `from`, as if the CPU had nothing faster.
const Sha256Kernel& first_supported(bool for_one_stream, const Sha256Kernel* from) {
  const std::span<const Sha256Kernel* const> kernels = all_sha256_kernels();
  for (auto kernel = std::ranges::find(kernels, from); kernel != kernels.end(); ++kernel)
    if ((!for_one_stream || (*kernel)->fewest == 1) && (*kernel)->supported()) return **kernel;
  return kSha256OpenSsl;
}

std::vector<std::string_view> supported_names() {
  std::vector<std::string_view> names;
  for (const Sha256Kernel* kernel : all_sha256_kernels())
    if (kernel->supported()) names.push_back(kernel->name);
  return names;
}

}  // namespace

std::span<const Sha256Kernel* const> all_sha256_kernels() {
  static const auto kernels = all_kernels();
  return kernels;
}

const Sha256Kernel* find_sha256_kernel(std::string_view name) {
  const std::span<const Sha256Kernel* const> kernels = all_sha256_kernels();
  const auto found = std::ranges::find(kernels, name, &Sha256Kernel::name);
  return found != kernels.end() && (*found)->supported() ? *found : nullptr;
}

const Sha256Kernel& wide_sha256_kernel() {
  static const Sha256Kernel& fastest = first_supported(false, all_sha256_kernels().front());
  const Sha256Kernel* forced = forced_kernel.load(std::memory_order_relaxed);
  return forced ? *forced : fastest;
}

const Sha256Kernel& stream_sha256_kernel() {
  static const Sha256Kernel& fastest = first_supported(true, all_sha256_kernels().front());
  const Sha256Kernel* forced = forced_kernel.load(std::memory_order_relaxed);
  return forced ? first_supported(true, forced) : fastest;
}

std::vector<Sha256KernelInfo> list_sha256_kernels() {
  std::vector<Sha256KernelInfo> list;
  for (const Sha256Kernel* kernel : all_sha256_kernels())
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
