#include "model/background_hasher.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "hash/pattern_testing.h"

namespace weightmark {
namespace {

constexpr std::size_t kPiece = BackgroundHasher::kPieceSize;

FileEntry entry_of(ByteView file) {
  FileHasher hasher("w");
  hasher.update(file);
  return hasher.finish();
}

TEST(BackgroundHasher, EqualsFileHasher) {
  for (const std::size_t size : {0UL, 1UL, kPiece - 1, kPiece, kPiece + 1, 3 * kPiece + 5}) {
    const Bytes file = pattern_bytes(size);
    for (const std::size_t write : {100'000UL, kPiece, kPiece + 7, 4 * kPiece}) {
      BackgroundHasher hasher("w");
      for (std::size_t at = 0; at < size; at += write) {
        hasher.begin(ByteView(file).subspan(at, std::min(write, size - at)));
        hasher.settle();
      }
      EXPECT_EQ(hasher.finish(), entry_of(file)) << size << " bytes by " << write;
    }
  }
}

// What the thread had not come to was copied: the memory is the caller's again.
TEST(BackgroundHasher, NeedsNothingOnceSettled) {
  const Bytes file = pattern_bytes(64 * kPiece + 1000);
  const FileEntry expected = entry_of(file);
  BackgroundHasher hasher("w");
  Bytes written;
  for (std::size_t at = 0; at < file.size(); at += 10 * kPiece) {
    const ByteView part = ByteView(file).subspan(at, std::min(10 * kPiece, file.size() - at));
    written.assign(part.begin(), part.end());
    hasher.begin(written);
    hasher.settle();
    std::ranges::fill(written, 0xff);
  }
  EXPECT_EQ(hasher.finish(), expected);
}

// More than it may copy, so that settle has to wait.
TEST(BackgroundHasher, WaitsWhereItMayCopyNoMore) {
  Bytes file = pattern_bytes(2 * BackgroundHasher::kMostCopied + 5 * kPiece);
  const FileEntry expected = entry_of(file);
  BackgroundHasher hasher("w");
  hasher.begin(ByteView(file).first(1000));
  hasher.begin(ByteView(file).subspan(1000));
  hasher.settle();
  std::ranges::fill(file, 0);
  EXPECT_EQ(hasher.finish(), expected);
}

TEST(BackgroundHasher, CanBeForgotten) {
  const Bytes file = pattern_bytes(20 * kPiece);
  std::optional<BackgroundHasher> hasher(std::in_place, "w");
  hasher->begin(file);
  hasher.reset();
}

// A forked process has the object, but not the thread.
TEST(BackgroundHasher, CanBeForgottenInAForkedProcess) {
  const Bytes file = pattern_bytes(kPiece);
  std::optional<BackgroundHasher> hasher(std::in_place, "w");
  hasher->begin(file);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    hasher.reset();
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(hasher->finish(), entry_of(file));
}

}  // namespace
}  // namespace weightmark
