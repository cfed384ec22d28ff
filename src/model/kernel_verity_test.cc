#include "model/kernel_verity.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <cerrno>
#include <tuple>

#include "base/file.h"
#include "hash/fsverity.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::code_of;
using ::testing::HasSubstr;
using testing::TempFolder;

// What a kernel with fs-verity does is tested in tests/seal, under an emulator.

Digest digest_of(std::uint8_t fill) { return Digest(HashAlgorithm::kSha256, Bytes(32, fill)); }

FileTree tree_of(std::uint8_t fill) {
  FileTree tree;
  tree.fsverity = digest_of(fill);
  return tree;
}

std::array<std::uint8_t, 256> standard_descriptor() {
  std::array<std::uint8_t, 256> descriptor{};
  descriptor[0] = 1;
  descriptor[1] = 1;
  descriptor[2] = 12;
  for (std::size_t i = 8; i < 48; ++i) descriptor[i] = 0xA5;  // size and root hash
  return descriptor;
}

bool is_memory(const std::filesystem::path& folder) {
  struct statfs status{};
  return ::statfs(folder.c_str(), &status) == 0 && status.f_type == TMPFS_MAGIC;
}

TEST(KernelVerity, CountsNothingOnOtherFileSystems) {
  if (!is_memory("/dev/shm")) GTEST_SKIP() << "/dev/shm is no tmpfs here";
  Fd file(::open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  KernelMeasurement measurement = measure_by_kernel(file.get());
  EXPECT_EQ(measurement.seal, KernelSeal::kUnavailable);
  EXPECT_FALSE(measurement.digest);
  EXPECT_THAT(measurement.reason, HasSubstr("not one whose fs-verity counts"));
  auto sealed = enable_verity(file.get(), "w");
  EXPECT_EQ(code_of(sealed), "seal-unsupported");
  EXPECT_EQ(sealed.error().subject, "w");
  EXPECT_THAT(sealed.error().hint, HasSubstr("put the model on"));
}

TEST(KernelVerity, CountsNothingOfAClosedHandle) {
  EXPECT_EQ(measure_by_kernel(-1).seal, KernelSeal::kUnavailable);
  EXPECT_EQ(code_of(enable_verity(-1, "w")), "seal-unsupported");
}

TEST(KernelVerity, NeverHasADigestOfAFileThatIsNotSealed) {
  TempFolder temp;
  Fd file(::open(temp.write("w", "weights").c_str(), O_RDONLY | O_CLOEXEC));
  KernelMeasurement measurement = measure_by_kernel(file.get());
  EXPECT_FALSE(measurement.digest);
  // Whether this file system could seal it is its own business, but it says why not.
  EXPECT_EQ(measurement.seal == KernelSeal::kUnavailable, !measurement.reason.empty());
  EXPECT_EQ(judge(measurement, tree_of(1)), KernelVerdict::kRead);
}

TEST(KernelVerity, ReadsOnlyWhatADigestDoesNotDecide) {
  KernelMeasurement standard{KernelSeal::kStandard, digest_of(1), {}, {}};
  EXPECT_EQ(judge(standard, tree_of(1)), KernelVerdict::kCovered);
  EXPECT_EQ(judge(standard, tree_of(2)), KernelVerdict::kMismatch);
  // Parameters that the kernel does not tell: equality is proof, a difference is none.
  KernelMeasurement untold{KernelSeal::kOther, digest_of(1), "untold", {}};
  EXPECT_EQ(judge(untold, tree_of(1)), KernelVerdict::kCovered);
  EXPECT_EQ(judge(untold, tree_of(2)), KernelVerdict::kRead);
  KernelMeasurement long_hash{KernelSeal::kOther, std::nullopt, "SHA-512", {}};
  EXPECT_EQ(judge(long_hash, tree_of(0)), KernelVerdict::kRead);
  EXPECT_EQ(judge({KernelSeal::kNone, std::nullopt, {}, {}}, tree_of(0)), KernelVerdict::kRead);
  EXPECT_EQ(judge({}, FileTree{}), KernelVerdict::kRead);
}

TEST(KernelVerity, KnowsItsOwnParameters) {
  EXPECT_EQ(other_parameters(standard_descriptor()), "");
  for (auto [offset, value, expected] : {
           std::tuple(0, 2, "version 2"),
           std::tuple(1, 2, "hash algorithm 2"),
           std::tuple(2, 10, "2^10"),
           std::tuple(3, 8, "salt of 8"),
           std::tuple(4, 1, "reserved"),
           std::tuple(80, 1, "reserved"),
           std::tuple(255, 1, "reserved"),
       }) {
    auto descriptor = standard_descriptor();
    descriptor[static_cast<std::size_t>(offset)] = static_cast<std::uint8_t>(value);
    EXPECT_THAT(other_parameters(descriptor), HasSubstr(expected)) << offset;
  }
}

TEST(KernelVerity, SaysWhyAFileCannotBeSealed) {
  auto code = [](int error_number) { return enable_error(error_number, "w", "ext4").code; };
  EXPECT_EQ(code(EOPNOTSUPP), ErrorCode::kSealUnsupported);
  EXPECT_EQ(code(ENOTTY), ErrorCode::kSealUnsupported);
  EXPECT_EQ(code(EINVAL), ErrorCode::kSealUnsupported);
  EXPECT_EQ(code(ENOPKG), ErrorCode::kSealUnsupported);
  EXPECT_EQ(code(ETXTBSY), ErrorCode::kSealBusy);
  EXPECT_EQ(code(EBUSY), ErrorCode::kSealBusy);
  EXPECT_EQ(code(EROFS), ErrorCode::kSealReadOnly);
  EXPECT_EQ(code(EACCES), ErrorCode::kSealDenied);
  EXPECT_EQ(code(EPERM), ErrorCode::kSealDenied);
  EXPECT_EQ(code(ENOSPC), ErrorCode::kDiskFull);
  EXPECT_EQ(code(EINTR), ErrorCode::kInterrupted);
  EXPECT_EQ(code(EIO), ErrorCode::kSealFailed);
}

TEST(KernelVerity, SaysWhatToDoAboutIt) {
  for (const char* file_system : {"ext4", "f2fs", "btrfs"}) {
    Error error = enable_error(EOPNOTSUPP, "w", file_system);
    EXPECT_THAT(error.what, HasSubstr(file_system));
    bool kernel = std::filesystem::exists(std::string("/sys/fs/") + file_system + "/features/verity");
    EXPECT_EQ(error.hint.find("CONFIG_FS_VERITY") == std::string::npos, kernel) << error.hint;
  }
}

}  // namespace
}  // namespace weightmark
