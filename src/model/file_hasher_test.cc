#include "weightmark/file_hasher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "hash/pattern_testing.h"

namespace weightmark {
namespace {

// entry_of gives a file to the hasher in pieces of that size.
FileEntry entry_of(ByteView file, std::size_t piece, HashAlgorithm algorithm) {
  FileHasher hasher("w", algorithm);
  for (std::size_t at = 0; at < file.size(); at += piece)
    hasher.update(file.subspan(at, std::min(piece, file.size() - at)));
  return hasher.finish();
}

FileTree tree_of(ByteView file) {
  TreeHasher hasher;
  hasher.update(file);
  return hasher.finish();
}

constexpr std::size_t kSizes[] = {0, 1, 63, 4095, 4096, 4097, 65535, 65536, 65537, 300'001, kNodeSize, kNodeSize + 1};

TEST(FileHasher, EqualsDigestAndTreeByThemselves) {
  for (const std::size_t size : kSizes) {
    const Bytes file = pattern_bytes(size);
    for (const HashAlgorithm algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kBlake2b, HashAlgorithm::kBlake3}) {
      for (const std::size_t piece : {4096UL, 65537UL, 5'000'000UL}) {
        const FileEntry entry = entry_of(file, piece, algorithm);
        EXPECT_EQ(entry.name, "w");
        EXPECT_EQ(entry.digest, hash_bytes(algorithm, file)) << size << " bytes by " << piece;
        EXPECT_EQ(entry.tree, tree_of(file)) << size << " bytes by " << piece;
      }
    }
  }
}

TEST(FileHasher, TakesBytesOneByOne) {
  const Bytes file = pattern_bytes(9000);
  EXPECT_EQ(entry_of(file, 1, HashAlgorithm::kSha256), entry_of(file, file.size(), HashAlgorithm::kSha256));
}

}  // namespace
}  // namespace weightmark
