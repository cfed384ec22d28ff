#include "model/kernel_verity.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fsverity.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace weightmark {
namespace {

constexpr std::uint32_t kBlockSize = 4096;
constexpr std::uint8_t kLogBlockSize = 12;

// How much room a digest may need: SHA-512 is the longest that there is.
constexpr std::uint16_t kMaxDigest = 64;

// file_system_of names the file system where the kernel itself checks what it
// reads; any other is "". The number comes from the kernel's own driver; FUSE has
// its own, which its servers cannot change.
std::string_view file_system_of(int fd) {
  struct statfs status{};
  if (::fstatfs(fd, &status) != 0) return {};
  switch (static_cast<std::uint32_t>(status.f_type)) {
    case EXT4_SUPER_MAGIC: return "ext4";
    case BTRFS_SUPER_MAGIC: return "btrfs";
    case F2FS_SUPER_MAGIC: return "f2fs";
    default: return {};
  }
}

// kernel_can tells a kernel without CONFIG_FS_VERITY from a file system without
// the feature: the error is the same. It only words the hint.
bool kernel_can(std::string_view file_system) {
  return ::access(fmt::format("/sys/fs/{}/features/verity", file_system).c_str(), F_OK) == 0;
}

std::string file_system_hint(std::string_view file_system) {
  if (file_system == "ext4")
    return "turn the feature on with `tune2fs -O verity DEVICE`, as root (Linux 5.4 and later can read it)";
  if (file_system == "f2fs") return "f2fs has it only when made with `mkfs.f2fs -O verity`";
  return "btrfs has it since Linux 5.15";
}

struct Unsupported {
  std::string reason;
  std::string hint;
};

Unsupported unsupported(std::string_view file_system) {
  if (file_system.empty())
    return {"its file system is not one whose fs-verity counts: ext4, btrfs or f2fs",
            "put the model on one of those file systems"};
  if (!kernel_can(file_system))
    return {fmt::format("this kernel has no fs-verity for {}", file_system),
            "it needs a kernel built with CONFIG_FS_VERITY, as those of the large distributions are"};
  return {fmt::format("this {} file system has no fs-verity", file_system), file_system_hint(file_system)};
}

KernelMeasurement unavailable(std::string_view file_system) {
  Unsupported why = unsupported(file_system);
  return {KernelSeal::kUnavailable, std::nullopt, std::move(why.reason), std::move(why.hint)};
}

KernelMeasurement not_measured(int error_number, std::string_view file_system) {
  if (error_number == ENODATA) return {KernelSeal::kNone, std::nullopt, {}, {}};
  if (error_number == ENOTTY || error_number == EOPNOTSUPP) return unavailable(file_system);
  if (error_number == EOVERFLOW)
    return {KernelSeal::kOther, std::nullopt, "it is sealed with a hash that is longer than SHA-512", {}};
  return {KernelSeal::kUnavailable,
          std::nullopt,
          fmt::format("the kernel does not tell its digest: {}", std::strerror(error_number)),
          {}};
}

// sealed_differently reads the parameters of a sealed file; "" where they are
// ours. A wrong answer could only cost time or refuse: what lets a file pass is
// its digest alone, which binds the parameters.
std::string sealed_differently(int fd) {
  std::array<std::uint8_t, 256> descriptor{};
  fsverity_read_metadata_arg request{};
  request.metadata_type = FS_VERITY_METADATA_TYPE_DESCRIPTOR;
  request.length = descriptor.size();
  request.buf_ptr = reinterpret_cast<std::uintptr_t>(descriptor.data());
  int size = ::ioctl(fd, FS_IOC_READ_VERITY_METADATA, &request);
  // Kernels before 5.12, and btrfs, do not tell.
  if (size < 0) return "it is sealed, but the kernel does not tell with which parameters";
  if (static_cast<std::size_t>(size) != descriptor.size()) return "it is sealed with a descriptor of another kind";
  return other_parameters(descriptor);
}

bool all_zero(std::span<const std::uint8_t> bytes) {
  for (std::uint8_t byte : bytes)
    if (byte != 0) return false;
  return true;
}

Error refuse(ErrorCode code, std::string what, std::string_view name, std::string hint = {}) {
  return {code, std::move(what), std::string(name), std::move(hint)};
}

}  // namespace

std::string other_parameters(std::span<const std::uint8_t, 256> descriptor) {
  // The layout of struct fsverity_descriptor, all of its integers little-endian.
  std::uint8_t version = descriptor[0];
  std::uint8_t algorithm = descriptor[1];
  std::uint8_t log_block = descriptor[2];
  std::uint8_t salt = descriptor[3];
  if (version != 1) return fmt::format("it is sealed with a descriptor of version {}", version);
  if (algorithm != FS_VERITY_HASH_ALG_SHA256) return fmt::format("it is sealed with hash algorithm {}", algorithm);
  if (log_block != kLogBlockSize) return fmt::format("it is sealed with blocks of 2^{} bytes", log_block);
  if (salt != 0) return fmt::format("it is sealed with a salt of {} bytes", salt);
  bool plain = all_zero(descriptor.subspan(4, 4)) && all_zero(descriptor.subspan(80, 176));
  return plain ? "" : "it is sealed with a descriptor that uses reserved fields";
}

KernelMeasurement measure_by_kernel(int fd) {
  std::string_view file_system = file_system_of(fd);
  if (file_system.empty()) return unavailable(file_system);
  alignas(fsverity_digest) std::array<std::uint8_t, sizeof(fsverity_digest) + kMaxDigest> buffer{};
  auto* answer = reinterpret_cast<fsverity_digest*>(buffer.data());
  answer->digest_size = kMaxDigest;
  if (::ioctl(fd, FS_IOC_MEASURE_VERITY, answer) != 0) return not_measured(errno, file_system);
  std::size_t size = digest_size(HashAlgorithm::kSha256);
  if (answer->digest_algorithm != FS_VERITY_HASH_ALG_SHA256 || answer->digest_size != size)
    return {KernelSeal::kOther,
            std::nullopt,
            fmt::format("it is sealed with hash algorithm {}", answer->digest_algorithm),
            {}};
  Digest digest(HashAlgorithm::kSha256, ByteView(buffer).subspan(sizeof(fsverity_digest), size));
  std::string difference = sealed_differently(fd);
  KernelSeal seal = difference.empty() ? KernelSeal::kStandard : KernelSeal::kOther;
  return {seal, digest, std::move(difference), {}};
}

KernelVerdict judge(const KernelMeasurement& measurement, const FileTree& signed_tree) {
  // The digest binds algorithm, block size, salt, size and root: whatever else the
  // kernel told or did not tell, an equal one is proof.
  if (measurement.digest && *measurement.digest == signed_tree.fsverity) return KernelVerdict::kCovered;
  return measurement.seal == KernelSeal::kStandard ? KernelVerdict::kMismatch : KernelVerdict::kRead;
}

Error enable_error(int error_number, std::string_view name, std::string_view file_system) {
  switch (error_number) {
    case ENOTTY:
    case EOPNOTSUPP: {
      Unsupported why = unsupported(file_system);
      return refuse(ErrorCode::kSealUnsupported, "cannot be sealed: " + why.reason, name, why.hint);
    }
    case EINVAL:  // before Linux 6.3 blocks have to be as large as the processor's pages
      return refuse(ErrorCode::kSealUnsupported, "cannot be sealed: this kernel does not take blocks of 4096 bytes",
                    name, "on a processor with larger pages it needs Linux 6.3 or later");
    case ENOPKG:
      return refuse(ErrorCode::kSealUnsupported, "cannot be sealed: this kernel has no SHA-256", name,
                    "load the kernel's module for it");
    case ETXTBSY:
      return refuse(ErrorCode::kSealBusy, "is open for writing", name,
                    "end what is writing to the model and seal it again");
    case EBUSY: return refuse(ErrorCode::kSealBusy, "is being sealed by another process", name, "wait for that to end");
    case EROFS:
      return refuse(ErrorCode::kSealReadOnly, "lies on a file system that is mounted read-only", name,
                    "mount it for writing");
    case EACCES:
    case EPERM:
      return refuse(ErrorCode::kSealDenied, "may not be sealed by this user, or is append-only or immutable", name,
                    "sealing needs the right to write to the file");
    case ENOSPC:
    case EDQUOT:
      return refuse(ErrorCode::kDiskFull, "there is no space for its tree", name,
                    "a tree takes 1/127 of its file; free some space, nothing was sealed");
    case EINTR: return refuse(ErrorCode::kInterrupted, "interrupted", name);
    default:
      return refuse(ErrorCode::kSealFailed, fmt::format("could not be sealed: {}", std::strerror(error_number)), name);
  }
}

Result<SealStart> enable_verity(int fd, std::string_view name) {
  std::string_view file_system = file_system_of(fd);
  // A seal whose digest would not count is not worth what cannot be undone.
  if (file_system.empty()) return std::unexpected(enable_error(EOPNOTSUPP, name, file_system));
  fsverity_enable_arg request{};
  request.version = 1;
  request.hash_algorithm = FS_VERITY_HASH_ALG_SHA256;
  request.block_size = kBlockSize;
  if (::ioctl(fd, FS_IOC_ENABLE_VERITY, &request) == 0) return SealStart::kNow;
  if (errno == EEXIST) return SealStart::kBefore;
  return std::unexpected(enable_error(errno, name, file_system));
}

}  // namespace weightmark
