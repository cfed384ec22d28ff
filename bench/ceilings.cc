// weightmark_bench prints, as JSON, how fast this machine could go: memory, page
// cache, and each hash alone on bytes in memory, on one core and on all.
//
// usage: weightmark_bench [--rounds N] [--slice MS] [--buffer MIB] [--file PATH] [--only PREFIX,...]
//
// Every kind of work runs for one slice of time, then the next kind, and so on
// for several rounds: what disturbs the machine for a while disturbs all kinds.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <barrier>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "hash/sha256.h"
#include "hash/sha256_kernels.h"

namespace weightmark::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMebi = std::size_t{1} << 20U;
constexpr std::size_t kLeafSize = 4096;
constexpr std::size_t kReadSize = 256U << 10U;

// The work between two looks at the clock, small beside a slice of time. Sixteen
// streams of one unit are still long: 64 KiB each.
constexpr std::size_t kUnit = kMebi;
constexpr std::size_t kWindow = 16 * kMebi;  // what is mapped at once

struct Settings {
  std::size_t rounds = 5;
  std::chrono::milliseconds slice{200};
  std::size_t buffer_size = 256 * kMebi;
  std::string file;
  std::string only;
};

// Worker takes the unit that begins at an offset through one kind of work; each
// thread has its own.
using Worker = std::function<void(std::size_t offset)>;

struct Kind {
  std::string name;
  std::size_t unit;  // bytes
  std::size_t size;  // of what it works on, a multiple of the unit
  std::function<Worker()> make_worker;
};

// keep makes the compiler believe that `value` is used.
template <class Value>
void keep(const Value& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

// --- Bytes -----------------------------------------------------------------------

Bytes make_bytes(std::size_t size) {
  Bytes bytes(size);
  std::uint64_t state = 0x9e3779b97f4a7c15;
  for (std::size_t i = 0; i + 8 <= size; i += 8) {  // xorshift64
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    std::memcpy(bytes.data() + i, &state, 8);
  }
  return bytes;
}

// read_all loads every word, with enough of them in flight to fill the memory's
// channel.
void read_all(const std::uint8_t* data, std::size_t size) {
  using Words [[gnu::vector_size(16)]] = std::uint64_t;
  Words sums[8] = {};
  for (std::size_t i = 0; i + sizeof(sums) <= size; i += sizeof(sums)) {
    Words words[8];
    std::memcpy(words, data + i, sizeof(words));
    for (std::size_t k = 0; k < 8; ++k) sums[k] ^= words[k];
  }
  keep(sums);
}

// --- Kinds of work -----------------------------------------------------------------

class Kinds {
 public:
  Kinds(const Settings& settings, ByteView bytes) : settings_(settings), bytes_(bytes) {
    add_reading();
    add_kernels();
    add_others();
    std::erase_if(kinds_, [&](const Kind& kind) { return !wanted(kind.name); });
  }
  ~Kinds() {
    if (file_ >= 0) ::close(file_);
  }
  Kinds(const Kinds&) = delete;
  Kinds& operator=(const Kinds&) = delete;

  const std::vector<Kind>& all() const { return kinds_; }

 private:
  // wanted says whether the name begins with one of the prefixes asked for.
  bool wanted(std::string_view name) const {
    if (settings_.only.empty()) return true;
    for (const auto prefix : std::views::split(std::string_view(settings_.only), ','))
      if (name.starts_with(std::string_view(prefix.begin(), prefix.end()))) return true;
    return false;
  }

  void add(std::string name, std::function<Worker()> make_worker) {
    kinds_.push_back({std::move(name), kUnit, bytes_.size(), std::move(make_worker)});
  }

  void add_simple(std::string name, const std::function<void(ByteView)>& work) {
    add(std::move(name),
        [this, work] { return [this, work](std::size_t offset) { work(bytes_.subspan(offset, kUnit)); }; });
  }

  void add_reading() {
    add_simple("memory", [](ByteView bytes) { read_all(bytes.data(), bytes.size()); });
    if (settings_.file.empty()) return;
    file_ = ::open(settings_.file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    if (file_ < 0 || ::fstat(file_, &status) != 0) return;
    const std::size_t size = static_cast<std::size_t>(status.st_size) / kWindow * kWindow;
    if (size == 0) return;
    kinds_.push_back({"read", kUnit, size, [this] { return reader(); }});
    kinds_.push_back({"mmap", kWindow, size, [this] { return mapper(); }});
  }

  // The bytes only reach a buffer, as a caller of read() would have them.
  Worker reader() const {
    auto buffer = std::make_shared<Bytes>(kReadSize);
    return [this, buffer](std::size_t offset) {
      for (std::size_t done = 0; done < kUnit; done += kReadSize)
        (void)!::pread(file_, buffer->data(), kReadSize, static_cast<off_t>(offset + done));
      keep(*buffer);
    };
  }

  // The bytes are loaded as well: mapping alone moves nothing.
  Worker mapper() const {
    return [this](std::size_t offset) {
      void* window = ::mmap(nullptr, kWindow, PROT_READ, MAP_SHARED | MAP_POPULATE, file_, static_cast<off_t>(offset));
      if (window == MAP_FAILED) return;
      read_all(static_cast<const std::uint8_t*>(window), kWindow);
      ::munmap(window, kWindow);
    };
  }

  void add_kernels() {
    for (const Sha256Kernel* kernel : all_sha256_kernels()) {
      if (!kernel->supported()) continue;
      add_simple(fmt::format("sha256/{}/leaves", kernel->name),
                 [kernel](ByteView bytes) { hash_leaves(*kernel, bytes); });
      add_simple(fmt::format("sha256/{}/streams", kernel->name),
                 [kernel](ByteView bytes) { hash_streams(*kernel, bytes); });
    }
  }

  // hash_leaves hashes blocks of a tree, in the batches that the tree uses.
  static void hash_leaves(const Sha256Kernel& kernel, ByteView bytes) {
    constexpr std::size_t kBatch = kSha256MostLanes;
    for (std::size_t done = 0; done < bytes.size(); done += kBatch * kLeafSize) {
      const std::uint8_t* messages[kBatch];
      Sha256Digest digests[kBatch];
      for (std::size_t i = 0; i < kBatch; ++i) messages[i] = bytes.data() + done + i * kLeafSize;
      sha256_equal(kernel, messages, kBatch, kLeafSize, digests);
      keep(digests);
    }
  }

  // hash_streams advances as many long streams as the kernel has lanes.
  static void hash_streams(const Sha256Kernel& kernel, ByteView bytes) {
    Sha256State states[kSha256MostLanes];
    const std::uint8_t* data[kSha256MostLanes];
    const std::size_t length = bytes.size() / kernel.lanes;
    std::fill_n(states, kernel.lanes, kSha256Start);
    for (std::size_t i = 0; i < kernel.lanes; ++i) data[i] = bytes.data() + i * length;
    kernel.compress(states, data, kernel.lanes, length / kSha256BlockSize);
    keep(states);
  }

  void add_others() {
    add("openssl/streams", [this] { return openssl(kUnit); });
    add("openssl/leaves", [this] { return openssl(kLeafSize); });
    add_simple("blake3", [](ByteView bytes) { keep(hash_bytes(HashAlgorithm::kBlake3, bytes)); });
    add_simple("blake2b", [](ByteView bytes) { keep(hash_bytes(HashAlgorithm::kBlake2b, bytes)); });
    add_tree();
  }

  // openssl hashes with EVP, as any program that uses OpenSSL does, in messages of
  // `length` bytes. The algorithm is fetched once.
  Worker openssl(std::size_t length) const {
    std::shared_ptr<EVP_MD_CTX> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::shared_ptr<EVP_MD> sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free);
    return [this, context, sha256, length](std::size_t offset) {
      std::uint8_t digest[EVP_MAX_MD_SIZE];
      for (std::size_t done = 0; done < kUnit; done += length) {
        EVP_DigestInit_ex2(context.get(), sha256.get(), nullptr);
        EVP_DigestUpdate(context.get(), bytes_.data() + offset + done, length);
        EVP_DigestFinal_ex(context.get(), digest, nullptr);
      }
      keep(digest);
    };
  }

  // The tree as it is verified: whole nodes where they lie, by the fastest kernel.
  void add_tree() {
    const std::size_t unit = std::min<std::size_t>(kNodeSize, bytes_.size());
    kinds_.push_back({"tree", unit, bytes_.size() / unit * unit, [this, unit] {
                        return
                            [this, unit](std::size_t offset) { keep(hash_node(bytes_.subspan(offset, unit), false)); };
                      }});
  }

  const Settings& settings_;
  ByteView bytes_;
  int file_ = -1;
  std::vector<Kind> kinds_;
};

// --- Measuring ---------------------------------------------------------------------

// Rate is what one slice of time gave.
struct Rate {
  double bytes;  // GB/s
  double busy;   // of the processors asked for, the share that was had
};

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Span is when a thread worked. Each thread looks at the clock itself: the one that
// waits for them may not get a processor before they are done.
struct Span {
  Clock::time_point begin;
  Clock::time_point end;
  std::uint64_t units = 0;
};

Span work_until(const Kind& kind, const Worker& worker, std::size_t first_unit, std::chrono::milliseconds slice) {
  const std::size_t all_units = kind.size / kind.unit;
  Span span{Clock::now(), {}, 0};
  for (; (span.end = Clock::now()) < span.begin + slice; ++span.units)
    worker((first_unit + span.units) % all_units * kind.unit);
  return span;
}

// run_slice works with some threads, each on its own part.
Rate run_slice(const Kind& kind, std::size_t threads, std::chrono::milliseconds slice) {
  std::vector<Span> spans(threads);
  std::barrier start(static_cast<std::ptrdiff_t>(threads));
  const double begin_cpu = cpu_seconds();
  std::vector<std::jthread> pool;
  pool.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i)
    pool.emplace_back([&, i] {
      const Worker worker = kind.make_worker();
      start.arrive_and_wait();
      spans[i] = work_until(kind, worker, kind.size / kind.unit * i / threads, slice);
    });
  pool.clear();
  const double cpu = cpu_seconds() - begin_cpu;
  std::uint64_t units = 0;
  for (const Span& span : spans) units += span.units;
  const std::chrono::duration<double> elapsed =
      std::ranges::max(spans, {}, &Span::end).end - std::ranges::min(spans, {}, &Span::begin).begin;
  return {static_cast<double>(units * kind.unit) / elapsed.count() / 1e9,
          cpu / elapsed.count() / static_cast<double>(threads)};
}

struct Samples {
  std::string kind;
  std::size_t threads;
  std::vector<double> rates;  // GB/s, one a round
  std::vector<double> busy;
};

std::vector<Samples> measure(const Kinds& kinds, const Settings& settings, std::size_t cpus) {
  std::vector<Samples> all;
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    std::size_t next = 0;
    for (const Kind& kind : kinds.all()) {
      for (const std::size_t threads : {std::size_t{1}, cpus}) {
        if (round == 0) all.push_back({kind.name, threads, {}, {}});
        const Rate rate = run_slice(kind, threads, settings.slice);
        all[next].rates.push_back(rate.bytes);
        all[next++].busy.push_back(rate.busy);
        if (cpus == 1) break;
      }
    }
  }
  return all;
}

// --- Telling -------------------------------------------------------------------------

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string rate_json(const Samples& samples) {
  const auto [least, most] = std::ranges::minmax(samples.rates);
  return fmt::format(
      R"({{"kind":"{}","threads":{},"gb_per_s":{:.4f},"min":{:.4f},"max":{:.4f},"busy":{:.3f},"samples":[{:.4f}]}})",
      samples.kind, samples.threads, median(samples.rates), least, most, median(samples.busy),
      fmt::join(samples.rates, ","));
}

void print(const std::vector<Samples>& all, const Settings& settings, std::size_t cpus) {
  std::vector<std::string> rates;
  rates.reserve(all.size());
  for (const Samples& samples : all) rates.push_back(rate_json(samples));
  fmt::print("{{\"cpus\":{},\"rounds\":{},\"slice_ms\":{},\"buffer_bytes\":{},\"openssl\":\"{}\",\n", cpus,
             settings.rounds, settings.slice.count(), settings.buffer_size, OpenSSL_version(OPENSSL_VERSION_STRING));
  fmt::print("\"wide_kernel\":\"{}\",\"stream_kernel\":\"{}\",\"lanes\":{},\n", wide_sha256_kernel().name,
             stream_sha256_kernel().name, wide_sha256_kernel().lanes);
  fmt::print("\"rates\":[\n{}\n]}}\n", fmt::join(rates, ",\n"));
}

// --- The command line ------------------------------------------------------------------

std::optional<std::size_t> positive(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

bool set(Settings& settings, std::string_view option, std::string_view value) {
  const std::optional<std::size_t> number = positive(value);
  if (option == "--file") {
    settings.file = value;
  } else if (option == "--only") {
    settings.only = value;
  } else if (option == "--rounds" && number) {
    settings.rounds = *number;
  } else if (option == "--slice" && number) {
    settings.slice = std::chrono::milliseconds(*number);
  } else if (option == "--buffer" && number) {
    settings.buffer_size = *number * kMebi;
  } else {
    return false;
  }
  return true;
}

int run(const std::vector<std::string_view>& arguments) {
  Settings settings;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 < arguments.size() && set(settings, arguments[i], arguments[i + 1])) continue;
    fmt::print(stderr,
               "usage: weightmark_bench [--rounds N] [--slice MS] [--buffer MIB] [--file PATH] [--only PREFIX,...]\n");
    return 2;
  }
  const std::size_t cpus = std::max(1U, std::thread::hardware_concurrency());
  const Bytes bytes = make_bytes(settings.buffer_size);
  const Kinds kinds(settings, bytes);
  print(measure(kinds, settings, cpus), settings, cpus);
  return 0;
}

}  // namespace
}  // namespace weightmark::bench

int main(int argc, char** argv) { return weightmark::bench::run({argv + 1, argv + argc}); }
