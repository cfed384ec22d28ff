#include "model/measure.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/try.h"
#include "hash/fsverity.h"
#include "hash/hasher.h"

namespace weightmark {
namespace {

// A buffer that stays in a core's second-level cache between reading and hashing.
constexpr std::size_t kBufferSize = 256 * 1024;

std::unexpected<Error> refuse(ErrorCode code, std::string what, std::string_view name, std::string hint = {}) {
  return std::unexpected(Error{code, std::move(what), std::string(name), std::move(hint)});
}

std::unexpected<Error> interrupted(std::string_view name) {
  return refuse(ErrorCode::kInterrupted, "interrupted", name);
}

// Chunks reads a range of a file piece by piece.
class Chunks {
 public:
  Chunks(const OpenFile& file, std::string_view name, const WorkOptions& work, Bytes& buffer)
      : file_(file), name_(name), work_(work), buffer_(buffer) {}

  template <class Consume>
  Result<void> read(std::uint64_t begin, std::uint64_t end, Consume consume) {
    for (std::uint64_t offset = begin; offset < end;) {
      if (work_.cancelled != nullptr && work_.cancelled->load(std::memory_order_relaxed)) return interrupted(name_);
      WM_TRY(ByteView chunk, read_chunk(offset, end));
      consume(chunk);
      offset += chunk.size();
    }
    return {};
  }

 private:
  // read_chunk fills the buffer as far as the range goes, so that hashing gets
  // whole blocks.
  Result<ByteView> read_chunk(std::uint64_t offset, std::uint64_t end) {
    std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), end - offset));
    std::size_t filled = 0;
    while (filled < wanted) {
      ssize_t count = ::pread(file_.fd.get(), buffer_.data() + filled, wanted - filled,
                              static_cast<off_t>(offset + filled));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return std::unexpected(system_error(errno, name_, ErrorCode::kReadFailed));
      if (count == 0)
        return refuse(ErrorCode::kFileShrank, fmt::format("ends at byte {} of {}", offset + filled, file_.identity.size),
                      name_, "something is writing to the model");
      filled += static_cast<std::size_t>(count);
    }
    if (work_.observer != nullptr) work_.observer->on_read(name_, offset, filled);
    return ByteView(buffer_.data(), filled);
  }

  const OpenFile& file_;
  std::string_view name_;
  const WorkOptions& work_;
  Bytes& buffer_;
};

// FileJob is one file under way. Several threads may hash shards of it at once;
// the first one opens it, the last one closes it.
class FileJob {
 public:
  FileJob(const ModelRoot& root, const MeasureTask& task, const MeasureKind& kind)
      : root_(root), task_(task), kind_(kind) {
    bool shards = kind.method == SerializationMethod::kShards;
    std::uint64_t size = task.identity.size;
    std::uint64_t count = shards ? size / kind.shard_size + (size % kind.shard_size != 0 ? 1 : 0) : 1;
    units_ = static_cast<std::size_t>(count);
    entry_.name = task.name;
    if (shards) entry_.shards.resize(units_);
    remaining_ = std::max<std::size_t>(units_, 1);
  }

  // An empty file in shards has no shards, but is opened all the same.
  std::size_t units() const { return std::max<std::size_t>(units_, 1); }
  std::uint64_t size() const { return task_.identity.size; }

  void run(std::size_t unit, const WorkOptions& work, Bytes& buffer) {
    if (auto status = measure_unit(unit, work, buffer); !status) keep(std::move(status).error());
    if (remaining_.fetch_sub(1) == 1) finish();
  }

  Result<FileEntry> take() && {
    if (error_) return std::unexpected(*std::move(error_));
    return std::move(entry_);
  }

 private:
  Result<void> measure_unit(std::size_t unit, const WorkOptions& work, Bytes& buffer) {
    if (work.cancelled != nullptr && work.cancelled->load(std::memory_order_relaxed)) return interrupted(task_.name);
    std::call_once(opened_, [this] { open(); });
    if (!file_) return {};  // the error is kept
    Chunks chunks(*file_, task_.name, work, buffer);
    if (kind_.method == SerializationMethod::kShards) return units_ == 0 ? Result<void>() : measure_shard(unit, chunks);
    return measure_whole(chunks);
  }

  void open() {
    auto file = root_.open_file(task_.name);
    if (!file) {
      if (file.error().code == ErrorCode::kFileNotFound)
        file.error() = {ErrorCode::kFileVanished, "vanished before it was read", task_.name, {}};
      if (file.error().code == ErrorCode::kSymlinkRefused)
        file.error() = {ErrorCode::kFileReplaced, "was replaced by a symbolic link before it was read", task_.name, {}};
      return keep(std::move(file).error());
    }
    if (!file->identity.same_file(task_.identity))
      return keep({ErrorCode::kFileReplaced, "was replaced before it was read", task_.name, {}});
    if (file->identity != task_.identity)
      return keep({ErrorCode::kFileChanged, "changed before it was read", task_.name, {}});
    file_ = *std::move(file);
  }

  Result<void> measure_whole(Chunks& chunks) {
    Hasher hasher(kind_.algorithm);
    TreeHasher tree;
    WM_CHECK(chunks.read(0, size(), [&](ByteView chunk) {
      hasher.update(chunk);
      if (kind_.trees) tree.update(chunk);
    }));
    entry_.digest = hasher.finish();
    if (kind_.trees) entry_.tree = tree.finish();
    return {};
  }

  Result<void> measure_shard(std::size_t unit, Chunks& chunks) {
    Shard& shard = entry_.shards[unit];
    shard.begin = unit * kind_.shard_size;
    shard.end = std::min(shard.begin + kind_.shard_size, size());
    Hasher hasher(kind_.algorithm);
    WM_CHECK(chunks.read(shard.begin, shard.end, [&](ByteView chunk) { hasher.update(chunk); }));
    shard.digest = hasher.finish();
    return {};
  }

  void finish() {
    if (file_ && !file_->unchanged())
      keep({ErrorCode::kFileChanged, "changed while it was read", task_.name, "something is writing to the model"});
    file_.reset();
  }

  void keep(Error error) {
    std::lock_guard lock(error_mutex_);
    if (!error_) error_ = std::move(error);
  }

  const ModelRoot& root_;
  const MeasureTask& task_;
  const MeasureKind& kind_;
  std::size_t units_ = 0;
  std::atomic<std::size_t> remaining_{0};
  std::once_flag opened_;
  std::optional<OpenFile> file_;
  FileEntry entry_;
  std::mutex error_mutex_;
  std::optional<Error> error_;
};

struct Unit {
  FileJob* job;
  std::size_t index;
};

// plan_units puts large files first, so that no thread is left with one at the end.
std::vector<Unit> plan_units(std::deque<FileJob>& jobs) {
  std::vector<FileJob*> order;
  for (FileJob& job : jobs) order.push_back(&job);
  std::stable_sort(order.begin(), order.end(), [](const FileJob* a, const FileJob* b) { return a->size() > b->size(); });
  std::vector<Unit> units;
  for (FileJob* job : order)
    for (std::size_t i = 0; i < job->units(); ++i) units.push_back({job, i});
  return units;
}

void run_units(const std::vector<Unit>& units, const WorkOptions& work) {
  std::atomic<std::size_t> next{0};
  auto worker = [&] {
    Bytes buffer(kBufferSize);
    for (std::size_t i = next++; i < units.size(); i = next++) units[i].job->run(units[i].index, work, buffer);
  };
  unsigned wanted = work.threads > 0 ? work.threads : std::max(1U, std::thread::hardware_concurrency());
  auto count = static_cast<unsigned>(std::min<std::size_t>(wanted, units.size()));
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < count; ++i) helpers.emplace_back(worker);
  worker();
}

void announce(std::span<const MeasureTask> tasks, const WorkOptions& work) {
  if (work.observer == nullptr) return;
  std::uint64_t bytes = 0;
  for (const MeasureTask& task : tasks) bytes += task.identity.size;
  work.observer->on_plan(tasks.size(), bytes);
}

}  // namespace

std::vector<Result<FileEntry>> measure_files(const ModelRoot& root, std::span<const MeasureTask> tasks,
                                             const MeasureKind& kind, const WorkOptions& work) {
  announce(tasks, work);
  std::deque<FileJob> jobs;  // a deque, since a job stays where it is made
  for (const MeasureTask& task : tasks) jobs.emplace_back(root, task, kind);
  run_units(plan_units(jobs), work);
  if (work.observer != nullptr) work.observer->on_done();
  std::vector<Result<FileEntry>> results;
  results.reserve(jobs.size());
  for (FileJob& job : jobs) results.push_back(std::move(job).take());
  return results;
}

}  // namespace weightmark
