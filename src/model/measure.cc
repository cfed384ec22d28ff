#include "model/measure.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <functional>
#include <mutex>
#include <numeric>
#include <optional>
#include <system_error>
#include <thread>

#include "base/try.h"
#include "hash/fsverity.h"
#include "hash/hasher.h"

namespace weightmark {
namespace {

// A buffer that stays in a core's second-level cache between reading and hashing.
constexpr std::size_t kBufferSize = 256 * 1024;

// More threads than any machine has processors only take memory and handles.
constexpr std::size_t kMaxThreads = 256;

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
      ssize_t count =
          ::pread(file_.fd.get(), buffer_.data() + filled, wanted - filled, static_cast<off_t>(offset + filled));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return std::unexpected(system_error(errno, name_, ErrorCode::kReadFailed));
      if (count == 0)
        return refuse(ErrorCode::kFileShrank,
                      fmt::format("ends at byte {} of {}", offset + filled, file_.identity.size), name_,
                      "something is writing to the model");
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

// unit_count returns how many pieces of a file are hashed apart. An empty file in
// shards has no shards, but is opened all the same.
std::uint64_t unit_count(std::uint64_t size, const MeasureKind& kind) {
  bool one = kind.method == SerializationMethod::kFiles || size == 0;
  return one ? 1 : shard_count(size, kind.shard_size);
}

// FileJob is one file under way. Several threads may hash shards of it at once;
// the first one opens it, the last one closes it.
class FileJob {
 public:
  FileJob(const ModelRoot& root, const MeasureTask& task, const MeasureKind& kind)
      : root_(root), task_(task), kind_(kind), remaining_(static_cast<std::size_t>(unit_count(size(), kind))) {
    entry_.name = task.name;
    if (kind.method == SerializationMethod::kShards && size() > 0) entry_.shards.resize(remaining_);
  }

  // run hashes one unit and says whether it was the last one, after which take()
  // has the result.
  bool run(std::size_t unit, const WorkOptions& work, Bytes& buffer) {
    if (auto status = measure_unit(unit, work, buffer); !status) keep(std::move(status).error());
    if (remaining_.fetch_sub(1) != 1) return false;
    finish();
    return true;
  }

  Result<FileEntry> take() && {
    if (error_) return std::unexpected(*std::move(error_));
    return std::move(entry_);
  }

 private:
  std::uint64_t size() const { return task_.identity.size; }

  Result<void> measure_unit(std::size_t unit, const WorkOptions& work, Bytes& buffer) {
    if (work.cancelled != nullptr && work.cancelled->load(std::memory_order_relaxed)) return interrupted(task_.name);
    std::call_once(opened_, [this] { open(); });
    if (!file_) return {};  // the error is kept
    Chunks chunks(*file_, task_.name, work, buffer);
    if (kind_.method == SerializationMethod::kFiles) return measure_whole(chunks);
    return entry_.shards.empty() ? Result<void>() : measure_shard(unit, chunks);
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
    shard.end = shard.begin + std::min(kind_.shard_size, size() - shard.begin);
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
  std::atomic<std::size_t> remaining_;
  std::once_flag opened_;
  std::optional<OpenFile> file_;
  FileEntry entry_;
  std::mutex error_mutex_;
  std::optional<Error> error_;
};

// Unit is what one thread hashes at a time: a file, or a shard of one.
struct Unit {
  std::size_t task;
  std::size_t index;
  FileJob* shared;  // null where the file is this unit alone
};

// Batch is what one call measures. Only files of several shards are kept as jobs
// for longer than they are open, so that many small files take little memory.
class Batch {
 public:
  Batch(const ModelRoot& root, std::span<const MeasureTask> tasks, const MeasureKind& kind, const WorkOptions& work)
      : root_(root), tasks_(tasks), kind_(kind), work_(work), results_(tasks.size()) {
    plan();
  }

  std::vector<Result<FileEntry>> run() && {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < thread_count() && start(helpers); ++i) continue;
    work_through();
    helpers.clear();  // joins them
    return std::move(results_);
  }

 private:
  // plan puts large files first, so that no thread is left with one at the end.
  void plan() {
    std::vector<std::size_t> order(tasks_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return tasks_[i].identity.size; });
    for (std::size_t task : order) {
      std::uint64_t count = unit_count(tasks_[task].identity.size, kind_);
      FileJob* shared = count > 1 ? &shared_.emplace_back(root_, tasks_[task], kind_) : nullptr;
      for (std::size_t i = 0; i < count; ++i) units_.push_back({task, i, shared});
    }
  }

  std::size_t thread_count() const {
    std::size_t wanted = work_.threads > 0 ? work_.threads : std::max(1U, std::thread::hardware_concurrency());
    return std::min({wanted, units_.size(), kMaxThreads});
  }

  // start adds a thread, unless the system has no more of them.
  bool start(std::vector<std::jthread>& helpers) {
    try {
      helpers.emplace_back([this] { work_through(); });
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  void work_through() {
    Bytes buffer(kBufferSize);
    for (std::size_t i = next_++; i < units_.size(); i = next_++) run_unit(units_[i], buffer);
  }

  void run_unit(const Unit& unit, Bytes& buffer) {
    std::optional<FileJob> own;
    FileJob& job = unit.shared != nullptr ? *unit.shared : own.emplace(root_, tasks_[unit.task], kind_);
    if (job.run(unit.index, work_, buffer)) results_[unit.task] = std::move(job).take();
  }

  const ModelRoot& root_;
  std::span<const MeasureTask> tasks_;
  const MeasureKind& kind_;
  const WorkOptions& work_;
  std::deque<FileJob> shared_;  // a deque, since a job stays where it is made
  std::vector<Unit> units_;
  std::atomic<std::size_t> next_{0};
  std::vector<Result<FileEntry>> results_;
};

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
  auto results = Batch(root, tasks, kind, work).run();
  if (work.observer != nullptr) work.observer->on_done();
  return results;
}

std::uint64_t shard_count(std::uint64_t size, std::uint64_t shard_size) {
  return size / shard_size + (size % shard_size != 0 ? 1 : 0);
}

}  // namespace weightmark
