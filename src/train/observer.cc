#include "train/observer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/refuse.h"
#include "base/try.h"
#include "train/kernel_interface.h"
#include "train/links.h"

namespace weightmark {
namespace {

constexpr unsigned kGroup =
    kernel::kFanCloseOnExec | kernel::kFanNonblock | kernel::kFanUnlimitedQueue | kernel::kFanUnlimitedMarks;
constexpr unsigned kHandles = kernel::kFanReportFid | kernel::kFanReportDirFid | kernel::kFanReportName;
constexpr std::size_t kBuffer = std::size_t{256} << 10U;
constexpr std::size_t kMaxMountTable = std::size_t{16} << 20U;
constexpr std::size_t kMaxHandle = 128;  // MAX_HANDLE_SZ
constexpr std::size_t kMostGaps = 16;    // to be told

// An open that waits, as of a pipe, must not make us wait.
constexpr unsigned kEventFlags = O_RDONLY | O_LARGEFILE | O_CLOEXEC | O_NONBLOCK;

Fd group(unsigned flags) { return Fd(static_cast<int>(::syscall(SYS_fanotify_init, flags, kEventFlags))); }

bool mark(const Fd& group, const Fd& root, const std::string& path) {
  return ::syscall(SYS_fanotify_mark, group.get(), kernel::kFanMarkAdd | kernel::kFanMarkMount,
                   kernel::kFanOpen | kernel::kFanOpenExec, root.get(), path.c_str()) == 0;
}

// beneath makes a path relative to the command's root.
std::string beneath(const std::string& path) { return path == "/" ? "." : path.substr(1); }

std::string link_text(int fd) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), text.data(), text.size());
  return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

// Handles must lead back to folders; those of overlays and of some network file systems do
// not.
bool handles_lead_back(const Fd& folder) {
  alignas(file_handle) std::array<char, sizeof(file_handle) + kMaxHandle> space{};
  auto* handle = reinterpret_cast<file_handle*>(space.data());
  handle->handle_bytes = kMaxHandle;
  int mount = 0;
  if (::name_to_handle_at(folder.get(), "", handle, &mount, AT_EMPTY_PATH) != 0) return false;
  return static_cast<bool>(Fd(::open_by_handle_at(folder.get(), handle, O_PATH | O_CLOEXEC)));
}

}  // namespace

Result<OpenObserver> OpenObserver::open() {
  OpenObserver out;
  out.by_handle_ = group(kGroup | kHandles);
  out.by_file_ = group(kGroup);
  if (!out.by_file_)
    return refuse(ErrorCode::kConfinementUnavailable, fmt::format("no observation of files: {}", std::strerror(errno)));
  return out;
}

Result<void> OpenObserver::watch(pid_t first, const std::vector<std::string>& temporary) {
  const std::string process = fmt::format("/proc/{}/", first);
  mounts_ = Fd(::open((process + "ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
  root_ = Fd(::open((process + "root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!mounts_ || !root_)
    return refuse(ErrorCode::kConfinementUnavailable,
                  fmt::format("the mounts to observe cannot be reached: {}", std::strerror(errno)));
  WM_TRY(const std::string text, read_file(process + "mountinfo", kMaxMountTable));
  WM_TRY(const std::vector<MountedPlace> places, parse_mount_table(text));
  for (const MountedPlace& place : places) {
    const bool is_empty = place.path == "/" || std::ranges::find(temporary, place.path) != temporary.end();
    const bool is_device = lies_in(place.path, "/dev") && !lies_in(place.path, "/dev/shm");
    if (is_empty || is_device || !holds_files(place)) continue;
    if (!watch_by_handle(place) && !watch_by_file(place))
      gap(fmt::format("{} cannot be observed: {}", place.path, std::strerror(errno)));
  }
  return {};
}

bool OpenObserver::watch_by_handle(const MountedPlace& place) {
  if (!by_handle_ || !place.read_only) return false;
  Watched watched;
  watched.folder = Fd(::openat(root_.get(), beneath(place.path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!watched.folder || !handles_lead_back(watched.folder)) return false;
  struct statfs status{};
  if (::fstatfs(watched.folder.get(), &status) != 0) return false;
  watched.filesystem.assign(reinterpret_cast<const char*>(&status.f_fsid), sizeof status.f_fsid);
  if (!mark(by_handle_, root_, beneath(place.path))) return false;
  watched_.push_back(std::move(watched));
  return true;
}

bool OpenObserver::watch_by_file(const MountedPlace& place) { return mark(by_file_, root_, beneath(place.path)); }

void OpenObserver::take_from(const Fd& group) {
  buffer_.resize(kBuffer);
  while (group) {
    const ssize_t size = ::read(group.get(), buffer_.data(), buffer_.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return gap(fmt::format("an event was lost: {}", std::strerror(errno)));
    const auto events = parse_open_events({buffer_.data(), static_cast<std::size_t>(size)});
    if (!events) return gap(events.error().what);
    for (const OpenEvent& event : *events) take(event);
  }
}

void OpenObserver::take(const OpenEvent& event) {
  if (event.lost) {
    ++dropped_;
    gap("the queue of events overflowed");
  } else if (event.descriptor >= 0) {
    take_file(event);
  } else if (!event.file.empty() && !event.folder.empty()) {
    Texts& seen = event.executed ? run_ : seen_;
    if (seen.contains(event.key)) return;
    seen.emplace(event.key);
    take_handles(event);
  } else {
    gap("an event does not say what was opened");
  }
}

void OpenObserver::take_file(const OpenEvent& event) {
  const Fd file(event.descriptor);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return gap("an opened file cannot be looked at");
  if (!S_ISREG(status.st_mode)) return;
  constexpr std::string_view kDeleted = " (deleted)";
  std::string path = link_text(file.get());
  if (status.st_nlink == 0 && path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  if (!path.starts_with('/')) return gap("an opened file has no path");
  const std::string key = fmt::format("{} {} {} {}", status.st_dev, status.st_ino, event.executed, path);
  if (seen_.insert(key).second) opened_.push_back({std::move(path), event.executed, status.st_dev, status.st_ino});
}

void OpenObserver::take_handles(const OpenEvent& event) {
  struct stat status{};
  for (const Watched& watched : watched_) {
    if (watched.filesystem != event.file.filesystem()) continue;
    const Fd file = open_handle(watched, event.file);
    if (!file || ::fstat(file.get(), &status) != 0) status = {};
    break;
  }
  if (status.st_mode != 0 && !S_ISREG(status.st_mode)) return;
  const std::string& folder = folder_path(event.folder);
  if (folder.empty()) return gap(fmt::format("the folder in which {} was opened cannot be told", event.name));
  std::string path = folder == "/" ? "" : folder;
  ((path += '/') += event.name);
  opened_.push_back({std::move(path), event.executed, status.st_dev, status.st_ino});
}

Fd OpenObserver::open_handle(const Watched& watched, const FileHandle& handle) const {
  alignas(file_handle) std::array<char, sizeof(file_handle) + kMaxHandle> space{};
  const std::string_view bytes = handle.handle();
  if (bytes.size() > space.size()) return {};
  std::memcpy(space.data(), bytes.data(), bytes.size());
  return Fd(
      ::open_by_handle_at(watched.folder.get(), reinterpret_cast<file_handle*>(space.data()), O_PATH | O_CLOEXEC));
}

const std::string& OpenObserver::folder_path(const FileHandle& folder) {
  const auto known = folders_.find(folder.bytes);
  if (known != folders_.end()) return known->second;
  return folders_.emplace(folder.bytes, find_folder(folder)).first->second;
}

// A folder may lie on several mounts of one file system, and a path be told that holds only
// on one of them: so each is asked until that path leads to that folder.
std::string OpenObserver::find_folder(const FileHandle& folder) const {
  for (const Watched& watched : watched_) {
    if (watched.filesystem != folder.filesystem()) continue;
    const Fd opened = open_handle(watched, folder);
    struct stat status{};
    if (!opened || ::fstat(opened.get(), &status) != 0) continue;
    if (std::string path = link_text(opened.get()); is_at(path, status)) return path;
  }
  return {};
}

bool OpenObserver::is_at(const std::string& path, const struct stat& status) const {
  if (!path.starts_with('/')) return false;
  const Fd found(::openat(root_.get(), beneath(path).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat other{};
  return found && ::fstat(found.get(), &other) == 0 && other.st_dev == status.st_dev && other.st_ino == status.st_ino;
}

void OpenObserver::gap(std::string what) {
  if (gaps_.size() < kMostGaps && std::ranges::find(gaps_, what) == gaps_.end()) gaps_.push_back(std::move(what));
}

std::vector<OpenedFile> OpenObserver::opened() {
  // Of one file the opening to run it comes first, and is kept.
  std::ranges::sort(opened_, [](const OpenedFile& a, const OpenedFile& b) {
    return std::tie(a.path, a.device, a.inode, b.executed) < std::tie(b.path, b.device, b.inode, a.executed);
  });
  const auto same = [](const OpenedFile& a, const OpenedFile& b) {
    return std::tie(a.path, a.device, a.inode) == std::tie(b.path, b.device, b.inode);
  };
  const auto rest = std::ranges::unique(opened_, same);
  opened_.erase(rest.begin(), rest.end());
  return std::exchange(opened_, {});
}

}  // namespace weightmark
