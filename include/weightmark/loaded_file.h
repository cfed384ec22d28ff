// Whole signed files, verified, in a form that nobody else can change.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "weightmark/export.h"
#include "weightmark/report.h"

namespace weightmark {

// LoadedFile is a file's verified bytes in memory of this process alone: a private copy,
// or the pages of a file that the kernel has sealed, which are read when they are first
// used and checked by the kernel then. Copies are the same memory, which lives as long
// as one of them. VerifiedModel::load_file makes one (weightmark/reader.h).
class WEIGHTMARK_API LoadedFile {
 public:
  const std::string& name() const;

  // bytes may be written to; the file does not change. They begin at a page's start.
  // Where a sealed file's disk fails, or lost what was sealed, the process gets SIGBUS.
  std::span<std::uint8_t> bytes() const;

  // coverage is kKernel where the memory is the sealed file's own.
  Coverage coverage() const;

  struct Impl;

 private:
  friend class VerifiedModel;
  explicit LoadedFile(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

// SealedCopy is a file's verified bytes behind a descriptor, for libraries that read
// from nothing else: memory that is sealed against writing (memfd_create(2)), or the
// file itself where the kernel has sealed that. Copies share the descriptor, which is
// closed with the last of them. VerifiedModel::seal_copy makes one.
class WEIGHTMARK_API SealedCopy {
 public:
  const std::string& name() const;
  std::uint64_t size() const;  // bytes

  // descriptor is open for reading, at whatever offset who shares it left it. While it is
  // open, other libraries of this process find the file at path(), "/proc/self/fd/N".
  int descriptor() const;
  std::string path() const;

  // coverage is kKernel where it is the sealed file itself.
  Coverage coverage() const;

  struct Impl;

 private:
  friend class VerifiedModel;
  explicit SealedCopy(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace weightmark
