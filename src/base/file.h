// Files of the operating system: handles, whole reads with a limit, and output
// that appears whole or not at all.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// Fd owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

// system_error turns an errno into an Error about `subject`: ENOENT and ENOTDIR
// become file-not-found, EACCES and EPERM file-unreadable, ENOSPC and EDQUOT
// disk-full, anything else `otherwise`.
Error system_error(int error_number, std::string_view subject, ErrorCode otherwise);

// read_file reads a regular file of at most `limit` bytes.
// Errors: file-not-found, file-unreadable, read-failed, file-too-large.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit);

// read_file reads an open file, which is `path` in errors, from where it stands.
Result<std::string> read_file(const Fd& file, const std::filesystem::path& path, std::uint64_t limit);

// What others may do with a new file.
inline constexpr mode_t kSharedFile = 0644;
inline constexpr mode_t kPrivateFile = 0600;

// AtomicFile is output that replaces `path` only when commit() succeeds. Until
// then the old file is whole; when the process dies, nothing of the new one is
// left. A hidden temporary file ".weightmark-*.tmp" may stay behind after SIGKILL
// only on file systems without O_TMPFILE or without /proc, and in the instant in
// which commit() replaces an old file.
class AtomicFile {
 public:
  // create opens the temporary file in the folder of `path`, which must not name
  // a folder itself. `mode` is what the umask leaves of it.
  // Errors: file-not-found, file-unreadable, disk-full, write-failed.
  static Result<AtomicFile> create(const std::filesystem::path& path, mode_t mode = kSharedFile);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  // Errors: disk-full, write-failed.
  Result<void> write(ByteView bytes);

  // read_back returns what was written, as it lies in the file.
  // Errors: read-failed.
  Result<std::string> read_back() const;

  // commit syncs the file, gives it the name `path` and syncs the folder.
  // Errors: disk-full, write-failed.
  Result<void> commit();

 private:
  AtomicFile() = default;
  int link_as(const std::string& name) const;
  Result<void> take_place();

  Fd folder_;
  Fd file_;
  std::filesystem::path path_;
  std::string final_name_;
  std::string temporary_name_;  // empty while the file has no name
};

// write_file_atomically creates, writes and commits an AtomicFile.
Result<void> write_file_atomically(const std::filesystem::path& path, ByteView bytes, mode_t mode = kSharedFile);

}  // namespace weightmark
