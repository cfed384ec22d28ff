#include "model/file_job.h"

#include <algorithm>
#include <utility>

#include "base/refuse.h"
#include "hash/fsverity.h"
#include "model/kernel_verity.h"

namespace weightmark {
namespace {

// unit_size returns how many bytes of a file one unit has; 0: all of them.
std::uint64_t unit_size(const MeasureTask& task, const MeasureKind& kind) {
  if (task.scope == MeasureScope::kTree) return kNodeSize;
  return kind.method == SerializationMethod::kShards ? kind.shard_size : 0;
}

}  // namespace

std::uint64_t FileJob::unit_count(const MeasureTask& task, const MeasureKind& kind) {
  const std::uint64_t unit = unit_size(task, kind);
  return unit == 0 ? 1 : std::max<std::uint64_t>(1, shard_count(task.identity.size, unit));
}

FileJob::FileJob(const ModelRoot& root, const MeasureTask& task, const MeasureKind& kind)
    : root_(root), task_(task), kind_(kind), remaining_(static_cast<std::size_t>(unit_count(task, kind))) {
  entry_.name = task.name;
  if (by_nodes())
    nodes_.resize(remaining_);
  else if (kind.method == SerializationMethod::kShards && size() > 0)
    entry_.shards.resize(remaining_);
}

ByteRange FileJob::range(std::size_t unit) const {
  const std::uint64_t length = unit_size(task_, kind_);
  if (length == 0 || size() == 0) return {0, size()};
  const std::uint64_t begin = unit * length;
  return {begin, begin + std::min(length, size() - begin)};
}

const OpenFile* FileJob::open() {
  std::lock_guard lock(open_mutex_);
  if (!opened_) open_now();
  opened_ = true;
  return file_ && !by_kernel_ ? &*file_ : nullptr;
}

void FileJob::open_now() {
  auto file = open_unchanged();
  if (!file) return fail(std::move(file).error());
  by_kernel_ = measured_by_kernel(*file);
  file_ = *std::move(file);
}

Result<OpenFile> FileJob::open_unchanged() const {
  auto file = root_.open_file(task_.name);
  if (!file && file.error().code == ErrorCode::kFileNotFound)
    return refuse(ErrorCode::kFileVanished, "vanished before it was read", task_.name);
  if (!file && file.error().code == ErrorCode::kSymlinkRefused)
    return refuse(ErrorCode::kFileReplaced, "was replaced by a symbolic link before it was read", task_.name);
  if (!file) return file;
  if (!file->identity.same_file(task_.identity))
    return refuse(ErrorCode::kFileReplaced, "was replaced before it was read", task_.name);
  if (file->identity != task_.identity)
    return refuse(ErrorCode::kFileChanged, "changed before it was read", task_.name);
  return file;
}

bool FileJob::measured_by_kernel(const OpenFile& file) {
  if (!by_nodes() || task_.expected == nullptr || !file.may_be_sealed) return false;
  const KernelMeasurement measurement = measure_by_kernel(file.fd.get());
  if (measurement.seal == KernelSeal::kOther) note_ = measurement.reason;
  if (judge(measurement, *task_.expected) == KernelVerdict::kRead) return false;
  entry_.tree = FileTree{size(), *measurement.digest, {}};
  return true;
}

void FileJob::set_digest(std::size_t unit, const Digest& digest) {
  if (kind_.method == SerializationMethod::kFiles) {
    entry_.digest = digest;
  } else if (!entry_.shards.empty()) {
    const ByteRange bytes = range(unit);
    entry_.shards[unit] = {bytes.begin, bytes.end, digest};
  }
}

void FileJob::fail(Error error) {
  std::lock_guard lock(error_mutex_);
  if (!error_) error_ = std::move(error);
}

bool FileJob::finish_unit() {
  if (remaining_.fetch_sub(1) != 1) return false;
  if (file_ && !file_->unchanged())
    fail({ErrorCode::kFileChanged, "changed while it was read", task_.name, "something is writing to the model"});
  file_.reset();
  return true;
}

Result<Measurement> FileJob::take() && {
  if (error_) return std::unexpected(*std::move(error_));
  if (by_nodes() && !entry_.tree) {
    entry_.tree = FileTree{size(), fsverity_digest(size(), nodes_), {}};
    if (size() > kNodeSize) entry_.tree->nodes = std::move(nodes_);
  }
  return Measurement{std::move(entry_), by_kernel_, std::move(note_), by_kernel_ ? 0 : size()};
}

}  // namespace weightmark
