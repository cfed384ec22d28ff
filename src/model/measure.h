// Hashing the files of a model with all processors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/model_root.h"
#include "weightmark/manifest.h"
#include "weightmark/observer.h"

namespace weightmark {

// MeasureTask names a file and what is known of it.
struct MeasureTask {
  std::string name;
  FileIdentity identity;  // from the listing; the file must still be the same
};

// MeasureKind says what is computed for each file.
struct MeasureKind {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  SerializationMethod method = SerializationMethod::kFiles;
  std::uint64_t shard_size = 0;  // bytes; for kShards
  bool trees = false;            // the fs-verity tree beside the digest; for kFiles
};

// shard_count returns how many shards a file of `size` bytes has.
std::uint64_t shard_count(std::uint64_t size, std::uint64_t shard_size);

// measure_files hashes every file of `tasks` and returns the results in their
// order. Each file is opened once; files and shards are spread over all threads,
// large ones first. Memory does not depend on sizes, but grows with the number of
// shards, which callers must have bounded.
// Errors of a file: file-vanished, file-replaced, file-changed, file-shrank,
// symlink-*, special-*, file-unreadable, read-failed, interrupted.
std::vector<Result<FileEntry>> measure_files(const ModelRoot& root, std::span<const MeasureTask> tasks,
                                             const MeasureKind& kind, const WorkOptions& work);

}  // namespace weightmark
