// Hashing the files of a model with all processors.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "model/model_root.h"
#include "weightmark/manifest.h"
#include "weightmark/observer.h"

namespace weightmark {

// MeasureScope says what is computed of a file.
enum class MeasureScope {
  kWhole,  // the digest of the whole file, or of each of its shards
  kTree,   // its fs-verity tree, node by node on all processors
  kBoth,   // the digest and the tree in one pass; only with SerializationMethod::kFiles
};

// MeasureTask names a file and what is known of it.
struct MeasureTask {
  std::string name;
  FileIdentity identity;  // from the listing; the file must still be the same
  MeasureScope scope = MeasureScope::kWhole;
  // With kTree: before anything is read, the kernel is asked whether it keeps the
  // file as this tree says. Null: it is not asked.
  const FileTree* expected = nullptr;
};

// MeasureKind says how whole files are hashed.
struct MeasureKind {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  SerializationMethod method = SerializationMethod::kFiles;
  std::uint64_t shard_size = 0;  // bytes; for kShards
};

// Measurement is what was found of a file.
struct Measurement {
  FileEntry entry;  // its name and what was computed, no more
  // The kernel measured the file, and nothing of it was read. entry.tree has its
  // size and fs-verity digest, but no nodes.
  bool by_kernel = false;
  std::string note;  // why the kernel's measurement did not count, where it has one
  std::uint64_t bytes_read = 0;
};

// shard_count returns how many shards a file of `size` bytes has.
std::uint64_t shard_count(std::uint64_t size, std::uint64_t shard_size);

// MeasureSink is told what tasks[task] came to, by the thread that measured it: several
// may call it at once, each for another task.
using MeasureSink = std::function<void(std::size_t task, Result<Measurement> measurement)>;

// measure_each measures every file of `tasks` and tells `sink` of each once. Each file
// is opened once; files, shards and nodes are spread over all threads, large ones
// first. Memory does not depend on sizes, but grows with the number of shards, which
// callers must have bounded.
// Errors of a file: file-vanished, file-replaced, file-changed, file-shrank,
// symlink-*, special-*, file-unreadable, read-failed, interrupted.
void measure_each(const ModelRoot& root, std::span<const MeasureTask> tasks, const MeasureKind& kind,
                  const WorkOptions& work, const MeasureSink& sink);

// measure_files does the same and returns the results in the order of `tasks`.
std::vector<Result<Measurement>> measure_files(const ModelRoot& root, std::span<const MeasureTask> tasks,
                                               const MeasureKind& kind, const WorkOptions& work);

}  // namespace weightmark
