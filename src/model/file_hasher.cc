#include "weightmark/file_hasher.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "hash/sha256.h"

namespace weightmark {

struct FileHasher::Impl {
  Impl(std::string file_name, HashAlgorithm algorithm) : name(std::move(file_name)) {
    if (algorithm != HashAlgorithm::kSha256) other.emplace(algorithm);
  }

  Digest finish_digest() { return other ? other->finish() : Digest(HashAlgorithm::kSha256, sha256.finish()); }

  std::string name;
  Sha256 sha256;                // what the tree hashes, where the digest is that
  std::optional<Hasher> other;  // where it is another
  TreeHasher tree{other ? nullptr : &sha256};
};

FileHasher::FileHasher(std::string name, HashAlgorithm algorithm)
    : impl_(std::make_unique<Impl>(std::move(name), algorithm)) {}

FileHasher::~FileHasher() = default;
FileHasher::FileHasher(FileHasher&&) noexcept = default;
FileHasher& FileHasher::operator=(FileHasher&&) noexcept = default;

void FileHasher::update(ByteView bytes) {
  if (!impl_->other) return impl_->tree.update(bytes);
  // What one of the two reads, the other finds in the cache.
  constexpr std::size_t kPiece = std::size_t{256} << 10U;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const ByteView piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    impl_->other->update(piece);
    impl_->tree.update(piece);
  }
}

FileEntry FileHasher::finish() {
  FileEntry entry;
  entry.name = std::move(impl_->name);
  entry.tree = impl_->tree.finish();
  entry.digest = impl_->finish_digest();
  return entry;
}

}  // namespace weightmark
