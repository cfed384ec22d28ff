#include "model/model_root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "base/system_calls.h"
#include "base/try.h"

namespace weightmark {
namespace {

// O_NONBLOCK: opening a named pipe must not wait for a writer.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
constexpr int kFolderFlags = O_RDONLY | O_CLOEXEC | O_DIRECTORY;

constexpr std::string_view kSymlinkHint = "replace the link by the file, or allow links with --allow-symlinks";

int open_beneath(int folder, const char* name, int flags, decltype(open_how::resolve) resolve) {
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(flags);
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0;; ++attempt) {
    auto fd = static_cast<int>(::syscall(SYS_openat2, folder, name, &how, sizeof how));
    // EAGAIN: a rename elsewhere raced with the look-up of ".." (openat2(2)).
    if (fd >= 0 || errno != EAGAIN || attempt == 100) return fd;
  }
}

bool is_link(int folder, const char* name) {
  struct stat status{};
  return ::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

// open_component opens one component. With O_DIRECTORY and O_NOFOLLOW the kernel
// calls a link "not a folder"; told apart here, as RESOLVE_NO_SYMLINKS does.
int open_component(int folder, const std::string& name, int flags) {
  int fd = ::openat(folder, name.c_str(), flags);
  bool maybe_link = fd < 0 && errno == ENOTDIR && (flags & O_NOFOLLOW) != 0;
  if (maybe_link) errno = is_link(folder, name.c_str()) ? ELOOP : ENOTDIR;
  return fd;
}

// open_stepwise opens one component after the other. With O_NOFOLLOW it does what
// RESOLVE_NO_SYMLINKS does, for kernels and sandboxes without openat2; and it
// takes names that are too long for one call.
int open_stepwise(int folder, std::string_view name, int flags) {
  Fd current;
  int base = folder;
  for (std::size_t slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/')) {
    Fd next(open_component(base, std::string(name.substr(0, slash)),
                           O_PATH | O_DIRECTORY | O_CLOEXEC | (flags & O_NOFOLLOW)));
    if (!next) return -1;
    current = std::move(next);
    base = current.get();
    name.remove_prefix(slash + 1);
  }
  return open_component(base, std::string(name), flags);
}

int open_without_links(int folder, const std::string& name, int flags) {
  if (name.size() >= PATH_MAX) return open_stepwise(folder, name, flags | O_NOFOLLOW);
  int fd = open_beneath(folder, name.c_str(), flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  bool unavailable = fd < 0 && (errno == ENOSYS || errno == EPERM);
  return unavailable ? open_stepwise(folder, name, flags | O_NOFOLLOW) : fd;
}

int open_following_links(int folder, const std::string& name, int flags) {
  return name.size() < PATH_MAX ? ::openat(folder, name.c_str(), flags) : open_stepwise(folder, name, flags);
}

std::unexpected<Error> fail(int error_number, std::string_view name) {
  Error error = system_error(error_number, name, ErrorCode::kReadFailed);
  // A name that the file system cannot hold is not there.
  if (error_number == ENAMETOOLONG) error.code = ErrorCode::kFileNotFound;
  return std::unexpected(std::move(error));
}

std::unexpected<Error> refuse_link(std::string_view name) {
  return std::unexpected(
      Error{ErrorCode::kSymlinkRefused, "is a symbolic link", std::string(name), std::string(kSymlinkHint)});
}

std::unexpected<Error> broken_link(std::string_view name) {
  return std::unexpected(
      Error{ErrorCode::kSymlinkBroken, "is a symbolic link that leads nowhere", std::string(name), {}});
}

std::string read_link(int folder, const std::string& name) {
  std::array<char, PATH_MAX> target{};
  ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
  return {target.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

Result<OpenFile> regular_file(Fd fd, std::string_view name) {
  struct statx status{};
  if (system_calls::statx(fd.get(), status) != 0) return fail(errno, name);
  if (S_ISDIR(status.stx_mode)) return fail(ENOENT, name);
  if (!S_ISREG(status.stx_mode)) return std::unexpected(special_file(status.stx_mode, name));
  const bool tells = (status.stx_attributes_mask & STATX_ATTR_VERITY) != 0;
  return OpenFile{std::move(fd), FileIdentity::of(status), !tells || (status.stx_attributes & STATX_ATTR_VERITY) != 0};
}

// nanoseconds wraps around for times after 2262, which anyone may give a file;
// they are only ever compared.
std::int64_t nanoseconds(const auto& time) {
  auto seconds = static_cast<std::uint64_t>(time.tv_sec);
  return static_cast<std::int64_t>(seconds * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec));
}

// without_trailing_slashes also turns "" into ".": the shell's "MODEL/" must not
// hide that MODEL is a link.
std::filesystem::path without_trailing_slashes(const std::filesystem::path& path) {
  std::string text = path.native();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text.empty() ? "." : text;
}

std::string last_component(const std::filesystem::path& given, const std::filesystem::path& canonical) {
  std::string name = given.filename().native();
  bool useless = name.empty() || name == "." || name == "..";
  return useless ? canonical.filename().native() : name;
}

}  // namespace

std::filesystem::path real_path(const Fd& fd) { return read_link(AT_FDCWD, fmt::format("/proc/self/fd/{}", fd.get())); }

Error special_file(mode_t mode, std::string_view name) {
  std::string hint = "remove it, or leave it out with --ignore-paths";
  if (S_ISFIFO(mode)) return {ErrorCode::kSpecialFifo, "is a named pipe", std::string(name), hint};
  if (S_ISSOCK(mode)) return {ErrorCode::kSpecialSocket, "is a socket", std::string(name), hint};
  return {ErrorCode::kSpecialDevice, "is a device", std::string(name), hint};
}

FileIdentity FileIdentity::of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

FileIdentity FileIdentity::of(const struct statx& status) {
  return {makedev(status.stx_dev_major, status.stx_dev_minor), status.stx_ino, status.stx_size,
          nanoseconds(status.stx_mtime), nanoseconds(status.stx_ctime)};
}

bool OpenFile::unchanged() const {
  struct stat status{};
  return ::fstat(fd.get(), &status) == 0 && FileIdentity::of(status) == identity;
}

Result<ModelRoot> ModelRoot::open(const std::filesystem::path& given, SymlinkPolicy policy) {
  std::filesystem::path path = without_trailing_slashes(given);
  struct stat status{};
  int follow = policy == SymlinkPolicy::kFollow ? 0 : AT_SYMLINK_NOFOLLOW;
  if (::fstatat(AT_FDCWD, path.c_str(), &status, follow) != 0) {
    Error error = fail(errno, given.native()).error();
    if (error.code == ErrorCode::kFileNotFound) error.code = ErrorCode::kModelNotFound;
    return std::unexpected(std::move(error));
  }
  ModelRoot root;
  root.policy_ = policy;
  root.is_file_ = !S_ISDIR(status.st_mode);
  std::filesystem::path folder = !root.is_file_ ? path : path.has_parent_path() ? path.parent_path() : ".";
  int no_follow = root.is_file_ || policy == SymlinkPolicy::kFollow ? 0 : O_NOFOLLOW;
  root.folder_ = Fd(::open(folder.c_str(), kFolderFlags | no_follow));
  if (!root.folder_) return fail(errno, given.native());
  std::filesystem::path canonical_folder = real_path(root.folder_);
  root.hub_cache_ = HubCache::find(root.folder(), canonical_folder);
  if (root.is_file_) root.file_name_ = path.filename().native();
  root.path_ = root.is_file_ ? canonical_folder / root.file_name_ : canonical_folder;
  bool snapshot = !root.is_file_ && root.hub_cache_ && root.hub_cache_->at_snapshot();
  root.default_name_ = snapshot ? root.hub_cache_->repository() : last_component(path, root.path_);
  // A file that may not be opened is found out here, not after listing.
  if (root.is_file_) WM_CHECK(root.open_file(root.file_name_));
  return root;
}

Result<OpenFile> ModelRoot::open_file(std::string_view file) const {
  std::string name(file);
  Fd fd(open_without_links(folder(), name, kReadFlags));
  if (fd) return regular_file(std::move(fd), name);
  if (errno == ELOOP) return open_link(name);
  if (errno != ENXIO) return fail(errno, name);
  // ENXIO: a socket, or a device without a driver.
  struct stat status{};
  if (::fstatat(folder(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return fail(errno, name);
  return std::unexpected(special_file(status.st_mode, name));
}

Result<std::optional<OpenFile>> ModelRoot::open_blob(std::string_view name) const {
  if (!hub_cache_) return std::nullopt;
  // The link's text counts only where the link itself is reached without links.
  std::size_t slash = name.rfind('/');
  std::string above = slash == std::string_view::npos ? "." : std::string(name.substr(0, slash));
  Fd parent(open_without_links(folder(), above, O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent) return std::nullopt;
  auto blob = hub_cache_->blob_of(name, read_link(parent.get(), std::string(name.substr(slash + 1))));
  if (!blob) return std::nullopt;
  Fd fd(open_without_links(hub_cache_->blobs(), *blob, kReadFlags));
  if (!fd && errno == ENOENT) return broken_link(name);
  if (!fd && errno == EACCES) return fail(errno, name);
  if (!fd) return std::nullopt;
  auto file = regular_file(std::move(fd), name);
  if (!file) return std::nullopt;
  return *std::move(file);
}

// open_link opens what a link means: a blob of the Hugging Face cache, or, where
// the caller allows links, whatever it leads to.
Result<OpenFile> ModelRoot::open_link(const std::string& name) const {
  WM_TRY(std::optional<OpenFile> blob, open_blob(name));
  if (blob) return *std::move(blob);
  if (policy_ == SymlinkPolicy::kRefuse) return refuse_link(name);
  Fd fd(open_following_links(folder(), name, kReadFlags));
  if (fd) return regular_file(std::move(fd), name);
  int error_number = errno;
  bool nowhere = error_number == ENOENT || error_number == ELOOP || error_number == ENOTDIR;
  // Else what is missing lies below a linked folder.
  if (nowhere && is_link(folder(), name.c_str())) return broken_link(name);
  return fail(error_number, name);
}

Result<Fd> ModelRoot::open_folder(std::string_view folder_name) const {
  std::string name = folder_name.empty() ? "." : std::string(folder_name);
  bool follow = policy_ == SymlinkPolicy::kFollow;
  Fd fd(follow ? open_following_links(folder(), name, kFolderFlags) : open_without_links(folder(), name, kFolderFlags));
  if (!fd) return errno == ELOOP ? refuse_link(name) : fail(errno, name);
  return fd;
}

}  // namespace weightmark
