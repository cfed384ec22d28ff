// Digests that are known before a model is hashed.
#pragma once

#include <optional>

#include "model/model_root.h"
#include "weightmark/manifest.h"
#include "weightmark/sign.h"

namespace weightmark {

// DigestMemory knows files from an earlier time. It answers for an open file, so
// that the answer is about the very file that lies there now.
class DigestMemory {
 public:
  DigestMemory() = default;
  DigestMemory(const DigestMemory&) = delete;
  DigestMemory& operator=(const DigestMemory&) = delete;
  virtual ~DigestMemory() = default;

  // recall returns the digest and the tree of the file `name`, open as `file`, or
  // nothing where it must be hashed.
  virtual std::optional<FileEntry> recall(std::string_view name, const OpenFile& file) const = 0;

  // remember is told of every file of the model, recalled or hashed. `identity` was
  // the file's own before and after it was read.
  virtual void remember(const FileEntry& file, const FileIdentity& identity) = 0;
};

// hash_model with a memory hashes only what it does not know. `memory` may be null;
// with shards it must be, since shards are not remembered.
Result<HashedModel> hash_model(const HashOptions& options, DigestMemory* memory);

}  // namespace weightmark
