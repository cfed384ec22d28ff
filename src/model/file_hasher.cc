#include "weightmark/file_hasher.h"

#include <algorithm>
#include <utility>

#include "hash/fsverity.h"
#include "hash/hasher.h"

namespace weightmark {

struct FileHasher::Impl {
  std::string name;
  Hasher digest;
  TreeHasher tree = {};
};

FileHasher::FileHasher(std::string name, HashAlgorithm algorithm)
    : impl_(std::make_unique<Impl>(std::move(name), Hasher(algorithm))) {}

FileHasher::~FileHasher() = default;
FileHasher::FileHasher(FileHasher&&) noexcept = default;
FileHasher& FileHasher::operator=(FileHasher&&) noexcept = default;

void FileHasher::update(ByteView bytes) {
  // What one of the two reads, the other finds in the cache.
  constexpr std::size_t kPiece = std::size_t{256} << 10U;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const ByteView piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    impl_->digest.update(piece);
    impl_->tree.update(piece);
  }
}

FileEntry FileHasher::finish() {
  FileEntry entry;
  entry.name = std::move(impl_->name);
  entry.digest = impl_->digest.finish();
  entry.tree = impl_->tree.finish();
  return entry;
}

}  // namespace weightmark
