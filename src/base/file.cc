#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/system_calls.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

ErrorCode code_for(int error_number, ErrorCode otherwise) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return ErrorCode::kFileNotFound;
    case EACCES:
    case EPERM: return ErrorCode::kFileUnreadable;
    case ENOSPC:
    case EDQUOT: return ErrorCode::kDiskFull;
    default: return otherwise;
  }
}

std::string hint_for(ErrorCode code) {
  switch (code) {
    case ErrorCode::kFileNotFound: return "check the path";
    case ErrorCode::kFileUnreadable: return "check the permissions of the file and of the folders above it";
    case ErrorCode::kDiskFull: return "free some space and try again; nothing was written";
    default: return {};
  }
}

std::unexpected<Error> fail(int error_number, const std::filesystem::path& path, ErrorCode otherwise) {
  return std::unexpected(system_error(error_number, path.native(), otherwise));
}

// random_name returns a hidden name that nobody can guess. It does not contain the
// final name, which may be as long as the file system allows.
std::string random_name() {
  std::uint64_t value = 0;
  // Up to 256 bytes are never interrupted (getrandom(2)); should it fail all the
  // same, O_EXCL and linkat still never touch a file that is there.
  [[maybe_unused]] ssize_t count = system_calls::getrandom(&value, sizeof value);
  return fmt::format(".weightmark-{:016x}.tmp", value);
}

std::unexpected<Error> too_large(const std::filesystem::path& path, std::uint64_t limit) {
  return std::unexpected(Error{
      ErrorCode::kFileTooLarge, fmt::format("larger than the limit of {}", human_size(limit)), path.native(), {}});
}

// check_final_name refuses what no file can replace, before any work is done.
Result<void> check_final_name(int folder, const std::string& name, const std::filesystem::path& path) {
  struct stat status{};
  bool found = ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  bool is_folder = name.empty() || name == "." || name == ".." || (found && S_ISDIR(status.st_mode));
  if (!is_folder) return {};
  return std::unexpected(Error{ErrorCode::kWriteFailed, "is a folder", path.native(), "name a file"});
}

// open_unnamed opens a file that has no name, or returns none where the file
// system cannot (open(2), O_TMPFILE) or where there is no /proc to name it through.
Fd open_unnamed(int folder, mode_t mode) {
  if (::access("/proc/self/fd", X_OK) != 0) {
    errno = EOPNOTSUPP;
    return {};
  }
  return Fd(::openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode));
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error system_error(int error_number, std::string_view subject, ErrorCode otherwise) {
  ErrorCode code = code_for(error_number, otherwise);
  return {code, std::strerror(error_number), std::string(subject), hint_for(code)};
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return fail(errno, path, ErrorCode::kReadFailed);
  return read_file(file, path, limit);
}

Result<std::string> read_file(const Fd& file, const std::filesystem::path& path, std::uint64_t limit) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail(errno, path, ErrorCode::kReadFailed);
  if (!S_ISREG(status.st_mode))
    return std::unexpected(Error{ErrorCode::kReadFailed, "not a regular file", path.native(), {}});
  if (static_cast<std::uint64_t>(status.st_size) > limit) return too_large(path, limit);
  constexpr std::size_t kPiece = 65536;
  std::string text;
  // At once, so that no part of a private key stays behind where the text grew.
  text.reserve(static_cast<std::size_t>(status.st_size) + kPiece);
  while (text.size() <= limit) {
    std::size_t old_size = text.size();
    text.resize(old_size + kPiece);
    ssize_t count = ::read(file.get(), text.data() + old_size, kPiece);
    if (count < 0 && errno != EINTR) return fail(errno, path, ErrorCode::kReadFailed);
    text.resize(old_size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return text;
  }
  return too_large(path, limit);
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path, mode_t mode) {
  AtomicFile output;
  output.path_ = path;
  output.final_name_ = path.filename().native();
  std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  output.folder_ = Fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!output.folder_) return fail(errno, folder, ErrorCode::kWriteFailed);
  WM_CHECK(check_final_name(output.folder_.get(), output.final_name_, path));
  output.file_ = open_unnamed(output.folder_.get(), mode);
  if (output.file_) return output;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
    return fail(errno, path, ErrorCode::kWriteFailed);
  output.temporary_name_ = random_name();
  output.file_ = Fd(::openat(output.folder_.get(), output.temporary_name_.c_str(),
                             O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, mode));
  if (output.file_) return output;
  output.temporary_name_.clear();
  return fail(errno, path, ErrorCode::kWriteFailed);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      file_(std::move(other.file_)),
      path_(std::move(other.path_)),
      final_name_(std::move(other.final_name_)),
      temporary_name_(std::exchange(other.temporary_name_, {})) {}

AtomicFile::~AtomicFile() {
  if (!temporary_name_.empty()) ::unlinkat(folder_.get(), temporary_name_.c_str(), 0);
}

Result<void> AtomicFile::write(ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(errno, path_, ErrorCode::kWriteFailed);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> AtomicFile::read_back() const {
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) return fail(errno, path_, ErrorCode::kReadFailed);
  return read_file(file_, path_, std::numeric_limits<std::int32_t>::max());
}

// link_as names an unnamed file and returns 0 or an errno (open(2), O_TMPFILE).
int AtomicFile::link_as(const std::string& name) const {
  std::string self = fmt::format("/proc/self/fd/{}", file_.get());
  return ::linkat(AT_FDCWD, self.c_str(), folder_.get(), name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

// take_place gives the file its final name. A link does that in one step where the
// name is free, but only a rename can replace a file that is there.
Result<void> AtomicFile::take_place() {
  if (temporary_name_.empty()) {
    int error = link_as(final_name_);
    if (error == 0) return {};
    if (error != EEXIST) return fail(error, path_, ErrorCode::kWriteFailed);
    std::string name = random_name();
    if (error = link_as(name); error != 0) return fail(error, path_, ErrorCode::kWriteFailed);
    temporary_name_ = std::move(name);
  }
  if (::renameat(folder_.get(), temporary_name_.c_str(), folder_.get(), final_name_.c_str()) != 0)
    return fail(errno, path_, ErrorCode::kWriteFailed);
  temporary_name_.clear();
  return {};
}

Result<void> AtomicFile::commit() {
  if (::fsync(file_.get()) != 0) return fail(errno, path_, ErrorCode::kWriteFailed);
  WM_CHECK(take_place());
  // The file has its name; a folder that cannot be synced is not a failure to write.
  (void)::fsync(folder_.get());
  return {};
}

Result<void> write_file_atomically(const std::filesystem::path& path, ByteView bytes, mode_t mode) {
  WM_TRY(AtomicFile output, AtomicFile::create(path, mode));
  WM_CHECK(output.write(bytes));
  return output.commit();
}

}  // namespace weightmark
