#include "model/measure.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>

#include "base/try.h"
#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "model/lanes.h"
#include "model/parallel.h"
#include "model/range_reader.h"
#include "model/small_trees.h"

namespace weightmark {
namespace {

// What a thread reads into; it stays in a core's second-level cache between
// reading and hashing. Lanes share twice as much.
constexpr std::size_t kBufferSize = std::size_t{256} * 1024;
constexpr std::size_t kLanesBufferSize = 2 * kBufferSize;

// A thread takes about as long to start as this takes to hash.
constexpr std::uint64_t kBytesWorthAThread = std::uint64_t{512} << 10U;
constexpr std::size_t kFilesWorthAThread = 16;

// PlannedUnit is a unit before it is begun.
struct PlannedUnit {
  std::size_t task;
  std::size_t unit;
  FileJob* shared;  // null where the file is this unit alone
};

// Batch is what one call measures. Only files of several units are kept as jobs for
// longer than they are open, so that many small files take little memory.
class Batch {
 public:
  Batch(const ModelRoot& root, std::span<const MeasureTask> tasks, const MeasureKind& kind, const WorkOptions& work,
        const MeasureSink& sink)
      : root_(root), tasks_(tasks), kind_(kind), work_(work), sink_(sink) {
    plan();
  }

  void run() {
    run_parallel(threads_, [this] { work_through(); });
  }

 private:
  // Source hands a thread the units of a list, each as a job that is under way
  // until it is done.
  class Source : public UnitSource {
   public:
    Source(Batch& batch, std::span<const PlannedUnit> units, std::atomic<std::size_t>& taken)
        : batch_(batch), units_(units), taken_(taken) {}

    std::optional<JobUnit> next() override {
      const std::size_t i = taken_++;
      if (i >= units_.size()) return std::nullopt;
      const PlannedUnit& unit = units_[i];
      return JobUnit{unit.shared != nullptr ? unit.shared : begin(unit), unit.unit, unit.task};
    }

    void done(const JobUnit& unit) override {
      if (unit.job->finish_unit()) batch_.sink_(unit.task, std::move(*unit.job).take());
      std::erase_if(own_, [&](const auto& job) { return job.get() == unit.job; });
    }

   private:
    FileJob* begin(const PlannedUnit& unit) {
      own_.push_back(std::make_unique<FileJob>(batch_.root_, batch_.tasks_[unit.task], batch_.kind_));
      return own_.back().get();
    }

    Batch& batch_;
    std::span<const PlannedUnit> units_;
    std::atomic<std::size_t>& taken_;
    std::vector<std::unique_ptr<FileJob>> own_;  // as many as are under way on this thread
  };

  // plan puts large files first, so that no thread is left with one at the end.
  void plan() {
    std::vector<std::size_t> order(tasks_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t i) { return tasks_[i].identity.size; });
    for (std::size_t task : order) {
      const std::uint64_t count = FileJob::unit_count(tasks_[task], kind_);
      FileJob* shared = count > 1 ? &shared_.emplace_back(root_, tasks_[task], kind_) : nullptr;
      auto& units = in_lanes(tasks_[task]) ? abreast_ : is_small_tree(tasks_[task]) ? small_ : alone_;
      for (std::size_t i = 0; i < count; ++i) units.push_back({task, i, shared});
    }
    threads_ = thread_count(work_, std::min(alone_.size() + abreast_.size() + small_.size(), worth_threads()));
    move_longest();
  }

  // worth_threads returns how many threads the work keeps busy.
  std::size_t worth_threads() const {
    std::uint64_t bytes = 0;
    for (const MeasureTask& task : tasks_) bytes += task.identity.size;
    return static_cast<std::size_t>(1 + bytes / kBytesWorthAThread) + tasks_.size() / kFilesWorthAThread;
  }

  bool in_lanes(const MeasureTask& task) const {
    return kind_.algorithm == HashAlgorithm::kSha256 && task.scope != MeasureScope::kTree;
  }

  static bool is_small_tree(const MeasureTask& task) {
    return task.scope == MeasureScope::kTree && task.identity.size <= kSmallTree;
  }

  // move_longest takes out files that would take longer than all others abreast:
  // abreast, all together are faster, but each is slower.
  void move_longest() {
    if (abreast_.size() <= 2 * threads_) return;
    std::uint64_t bytes = 0;
    for (const PlannedUnit& unit : abreast_) bytes += unit_bytes(unit);
    auto is_short = [&](const PlannedUnit& unit) { return unit_bytes(unit) <= bytes / threads_ / 2; };
    const auto first_short = std::ranges::find_if(abreast_, is_short);
    alone_.insert(alone_.begin(), abreast_.begin(), first_short);
    abreast_.erase(abreast_.begin(), first_short);
  }

  std::uint64_t unit_bytes(const PlannedUnit& unit) const {
    const std::uint64_t size = tasks_[unit.task].identity.size;
    return unit.shared != nullptr ? std::min(size, kind_.shard_size) : size;
  }

  void work_through() {
    // Not filled with zeros: small files never touch most of it.
    const auto memory = std::make_unique_for_overwrite<std::uint8_t[]>(kLanesBufferSize);
    const std::span buffer(memory.get(), kLanesBufferSize);
    Source alone(*this, alone_, alone_taken_);
    for (auto unit = alone.next(); unit; unit = alone.next()) {
      measure_alone(*unit, buffer.first(kBufferSize));
      alone.done(*unit);
    }
    Source abreast(*this, abreast_, abreast_taken_);
    run_lanes(abreast, lane_count(abreast_), buffer, work_);
    Source small(*this, small_, small_taken_);
    run_small_trees(small, lane_count(small_), buffer, work_);
  }

  // lane_count returns how many files a thread keeps under way: each one takes a
  // handle, of which a process has not many.
  std::size_t lane_count(std::span<const PlannedUnit> units) const {
    const std::size_t share = (units.size() + threads_ - 1) / threads_;
    const std::size_t handles = handle_limit() / 2 / threads_;
    return std::clamp<std::size_t>(share, 1, std::clamp<std::size_t>(handles, 1, most_lanes()));
  }

  static std::size_t handle_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
  }

  void measure_alone(const JobUnit& unit, std::span<std::uint8_t> buffer) const {
    const OpenFile* file = unit.job->open();
    if (file == nullptr) return;
    const ByteRange bytes = unit.job->range(unit.unit);
    RangeReader reader(*file, unit.job->name(), work_, bytes.begin, bytes.end);
    const bool node = tasks_[unit.task].scope == MeasureScope::kTree;
    auto status = node ? measure_node(unit, reader, buffer) : measure_range(unit, reader, buffer);
    if (!status) unit.job->fail(std::move(status).error());
  }

  Result<void> measure_node(const JobUnit& unit, RangeReader& reader, std::span<std::uint8_t> buffer) const {
    const bool whole_file = tasks_[unit.task].identity.size <= kNodeSize;
    NodeHasher node;
    while (!reader.done()) {
      WM_TRY(ByteView piece, reader.next(buffer));
      node.update(piece);
    }
    unit.job->set_node(unit.unit, node.finish(whole_file));
    return {};
  }

  Result<void> measure_range(const JobUnit& unit, RangeReader& reader, std::span<std::uint8_t> buffer) const {
    Hasher hasher(kind_.algorithm);
    TreeHasher tree;
    while (!reader.done()) {
      WM_TRY(ByteView piece, reader.next(buffer));
      hasher.update(piece);
      if (unit.job->wants_both()) tree.update(piece);
    }
    unit.job->set_digest(unit.unit, hasher.finish());
    if (unit.job->wants_both()) unit.job->set_tree(tree.finish());
    return {};
  }

  const ModelRoot& root_;
  std::span<const MeasureTask> tasks_;
  const MeasureKind& kind_;
  const WorkOptions& work_;
  const MeasureSink& sink_;
  std::deque<FileJob> shared_;        // a deque, since a job stays where it is made
  std::vector<PlannedUnit> alone_;    // hashed one at a time by a thread
  std::vector<PlannedUnit> abreast_;  // hashed several at a time, in lanes
  std::vector<PlannedUnit> small_;    // small trees, hashed many at a time
  std::size_t threads_ = 1;
  std::atomic<std::size_t> alone_taken_{0};
  std::atomic<std::size_t> abreast_taken_{0};
  std::atomic<std::size_t> small_taken_{0};
};

void announce(std::span<const MeasureTask> tasks, const WorkOptions& work) {
  if (work.observer == nullptr) return;
  std::uint64_t bytes = 0;
  for (const MeasureTask& task : tasks) bytes += task.identity.size;
  work.observer->on_plan(tasks.size(), bytes);
}

}  // namespace

void measure_each(const ModelRoot& root, std::span<const MeasureTask> tasks, const MeasureKind& kind,
                  const WorkOptions& work, const MeasureSink& sink) {
  announce(tasks, work);
  Batch(root, tasks, kind, work, sink).run();
  if (work.observer != nullptr) work.observer->on_done();
}

std::vector<Result<Measurement>> measure_files(const ModelRoot& root, std::span<const MeasureTask> tasks,
                                               const MeasureKind& kind, const WorkOptions& work) {
  std::vector<Result<Measurement>> results(tasks.size());
  measure_each(root, tasks, kind, work,
               [&](std::size_t task, Result<Measurement> measurement) { results[task] = std::move(measurement); });
  return results;
}

std::uint64_t shard_count(std::uint64_t size, std::uint64_t shard_size) {
  return size / shard_size + (size % shard_size != 0 ? 1 : 0);
}

}  // namespace weightmark
