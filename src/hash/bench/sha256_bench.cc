// Compares the SHA-256 kernels on the leaves of a tree. The kernels take turns
// and the medians of their ratios count, so that a busy machine slows all alike.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "hash/fsverity.h"
#include "hash/sha256.h"
#include "hash/sha256_streams.h"

namespace weightmark {
namespace {

constexpr int kRepetitions = 25;
constexpr std::size_t kLeaf = 4096;

// Seconds of this thread's own time on a core.
double now() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double seconds(auto&& work) {
  const double start = now();
  work();
  return now() - start;
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

void hash_leaves(const Sha256Kernel& kernel, ByteView data, std::vector<Sha256Digest>& digests) {
  std::vector<const std::uint8_t*> leaves(data.size() / kLeaf);
  for (std::size_t i = 0; i < leaves.size(); ++i) leaves[i] = data.data() + i * kLeaf;
  digests.resize(leaves.size());
  sha256_equal(kernel, leaves.data(), leaves.size(), kLeaf, digests.data());
}

struct Contender {
  std::string name;
  std::function<void()> work;
  std::vector<double> rates = {};   // GB/s
  std::vector<double> ratios = {};  // to the first contender of the same turn
};

void compare(std::string_view title, std::size_t bytes, std::vector<Contender> contenders) {
  for (int i = 0; i < kRepetitions; ++i) {
    for (Contender& each : contenders) each.rates.push_back(static_cast<double>(bytes) / 1e9 / seconds(each.work));
    for (Contender& each : contenders) each.ratios.push_back(each.rates.back() / contenders[0].rates.back());
  }
  fmt::print("{}\n", title);
  for (const Contender& each : contenders)
    fmt::print("  {:22} {:6.2f} GB/s  {:5.2f} x\n", each.name, median(each.rates), median(each.ratios));
}

void compare_kernels(std::string_view title, ByteView data) {
  std::vector<Sha256Digest> digests;
  std::vector<Contender> contenders = {{"openssl, one message", [&] {
                                          std::uint8_t digest[32];
                                          openssl_sha256(data.data(), data.size(), digest);
                                        }}};
  for (const Sha256Kernel* kernel : all_sha256_kernels())
    if (kernel->supported())
      contenders.push_back({std::string(kernel->name), [&, kernel] { hash_leaves(*kernel, data, digests); }});
  compare(title, data.size(), contenders);
}

void compare_entries(ByteView data) {
  std::vector<Contender> contenders = {{"Sha256, one stream", [&] {
                                          Sha256 hash;
                                          hash.update(data);
                                          hash.finish();
                                        }}};
  contenders.push_back({"hash_node", [&] { hash_node(data, false); }});
  contenders.push_back({"TreeHasher, 256 KiB", [&] {
                          TreeHasher tree;
                          for (std::size_t i = 0; i < data.size(); i += 1 << 18) tree.update(data.subspan(i, 1 << 18));
                          tree.finish();
                        }});
  compare("entry points, 64 MiB", data.size(), contenders);
}

// Where the wide kernel overtakes one stream after another.
void compare_streams(ByteView data) {
  const Sha256Kernel& wide = wide_sha256_kernel();
  const std::size_t length = data.size() / kSha256MostLanes;
  for (std::size_t live = 2; live <= wide.lanes; ++live) {
    std::vector<const std::uint8_t*> messages(live);
    for (std::size_t i = 0; i < live; ++i) messages[i] = data.data() + i * length;
    std::vector<Sha256Digest> digests(live);
    const auto hash = [&](const Sha256Kernel& kernel) {
      return [&] { sha256_equal(kernel, messages.data(), live, length, digests.data()); };
    };
    compare(fmt::format("{} live streams", live), live * length,
            {{std::string(stream_sha256_kernel().name), hash(stream_sha256_kernel())},
             {std::string(wide.name), hash(wide)}});
  }
}

int run() {
  Bytes data(kNodeSize);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  compare_kernels("leaves, 64 KiB again and again", ByteView(data).first(1 << 16));
  compare_kernels("leaves, 1 MiB", ByteView(data).first(1 << 20));
  compare_kernels("leaves, 64 MiB", data);
  compare_entries(data);
  compare_streams(ByteView(data).first(1 << 22));
  return 0;
}

}  // namespace
}  // namespace weightmark

int main() { return weightmark::run(); }
