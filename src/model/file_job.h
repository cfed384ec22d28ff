// One file that is being measured.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "model/measure.h"

namespace weightmark {

// ByteRange is bytes begin to end, exclusive.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// FileJob is one file under way. It consists of units, which several threads may
// hash at once: nodes, shards, or the whole file. The first one opens the file, the
// last one closes it.
class FileJob {
 public:
  FileJob(const ModelRoot& root, const MeasureTask& task, const MeasureKind& kind);

  // unit_count returns how many units a file has, at least 1: an empty file in
  // shards has no shards, but is opened all the same.
  static std::uint64_t unit_count(const MeasureTask& task, const MeasureKind& kind);

  // open returns the file, or null where there is nothing to read: it could not be
  // opened, or the kernel has measured it. Either is kept.
  const OpenFile* open();

  const std::string& name() const { return task_.name; }
  bool wants_both() const { return task_.scope == MeasureScope::kBoth; }
  ByteRange range(std::size_t unit) const;

  // What a unit came to.
  void set_digest(std::size_t unit, const Digest& digest);
  void set_node(std::size_t unit, const TreeNode& node) { nodes_[unit] = node; }
  void set_tree(FileTree tree) { entry_.tree = std::move(tree); }
  void fail(Error error);

  // finish_unit says whether that was the last unit, after which take() has the
  // result.
  bool finish_unit();
  Result<Measurement> take() &&;

 private:
  std::uint64_t size() const { return task_.identity.size; }
  bool by_nodes() const { return task_.scope == MeasureScope::kTree; }
  void open_now();
  Result<OpenFile> open_unchanged() const;
  bool measured_by_kernel(const OpenFile& file);

  const ModelRoot& root_;
  const MeasureTask& task_;
  const MeasureKind& kind_;
  std::atomic<std::size_t> remaining_;
  // Not call_once, which asks the kernel to wake others each time.
  std::mutex open_mutex_;
  bool opened_ = false;
  std::optional<OpenFile> file_;
  FileEntry entry_;
  std::vector<TreeNode> nodes_;
  bool by_kernel_ = false;
  std::string note_;
  std::mutex error_mutex_;
  std::optional<Error> error_;
};

}  // namespace weightmark
