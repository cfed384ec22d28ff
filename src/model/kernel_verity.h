// The kernel's fs-verity: what it vouches for, and asking it to begin.
// Facts: the kernel's Documentation/filesystems/fsverity.rst; FORMAT, section 7.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "weightmark/digest.h"
#include "weightmark/error.h"
#include "weightmark/file_tree.h"

namespace weightmark {

// KernelSeal is what the kernel says about a file.
enum class KernelSeal {
  kUnavailable,  // there is no answer, or none that counts
  kNone,         // the file is not sealed, but the file system knows of seals
  kStandard,     // SHA-256, blocks of 4096 bytes, no salt: the digest can be compared
  kOther,        // sealed with other parameters, or with parameters that the kernel does not tell
};

// KernelMeasurement is the kernel's digest of an open file.
struct KernelMeasurement {
  KernelSeal seal = KernelSeal::kUnavailable;
  std::optional<Digest> digest;  // the fs-verity digest, where it is a SHA-256; always with kStandard
  std::string reason;            // for kUnavailable and kOther: why
  std::string hint;              // for kUnavailable: what to do about it, if anything
};

// measure_by_kernel asks the kernel for the fs-verity digest of an open file
// (FS_IOC_MEASURE_VERITY) and reads nothing of it. The answer counts only where
// fstatfs on that very handle says ext4, btrfs or f2fs: those compute it from a
// tree that every later read is checked against. A FUSE server can answer
// anything, so it is not even asked.
KernelMeasurement measure_by_kernel(int fd);

// KernelVerdict is what a measurement means for a file whose tree was signed.
enum class KernelVerdict {
  kCovered,   // the signed digest: every byte that the handle yields is the signed one
  kMismatch,  // sealed with the same parameters, but another digest: another content
  kRead,      // nothing follows from it: read and hash the file
};

KernelVerdict judge(const KernelMeasurement& measurement, const FileTree& signed_tree);

// SealStart says whether enable_verity did anything.
enum class SealStart { kNow, kBefore };

// enable_verity seals the file (FS_IOC_ENABLE_VERITY: SHA-256, blocks of 4096
// bytes, no salt). That cannot be undone: from now on the file cannot be written,
// by anybody. `fd` is open for reading only; the file is `name` in errors.
// Returns when the kernel has built the tree, so it takes as long as hashing.
// A file that is sealed already, with whatever parameters, is kBefore.
// Errors: seal-unsupported, seal-busy, seal-denied, seal-read-only, seal-failed,
// disk-full, interrupted.
Result<SealStart> enable_verity(int fd, std::string_view name);

// enable_error turns the errno of FS_IOC_ENABLE_VERITY into an Error.
// `file_system` is "ext4", "btrfs", "f2fs" or, for any other, "".
Error enable_error(int error_number, std::string_view name, std::string_view file_system);

// other_parameters says how the parameters of a struct fsverity_descriptor differ
// from ours; "" where they do not.
std::string other_parameters(std::span<const std::uint8_t, 256> descriptor);

}  // namespace weightmark
