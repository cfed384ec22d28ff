// Hashing a file while it is written, so that signing need not read it again.
#pragma once

#include <memory>
#include <string>

#include "weightmark/bytes.h"
#include "weightmark/digest.h"
#include "weightmark/export.h"
#include "weightmark/manifest.h"

namespace weightmark {

// FileHasher computes what a signature says of one file, from its bytes in order: its
// digest and its tree. SignOptions::known takes what it returns.
class WEIGHTMARK_API FileHasher {
 public:
  // `name` is the file's name in the model.
  explicit FileHasher(std::string name, HashAlgorithm algorithm = HashAlgorithm::kSha256);
  ~FileHasher();
  FileHasher(FileHasher&& other) noexcept;
  FileHasher& operator=(FileHasher&& other) noexcept;

  // Pieces may have any length; those of some MiB are fastest.
  void update(ByteView bytes);

  // finish returns the entry. The hasher is used up.
  FileEntry finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weightmark
