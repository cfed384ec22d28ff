#include "model/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "model/parallel.h"
#include "weightmark/manifest.h"

namespace weightmark {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::unexpected<Error> fail(int error_number, std::string_view name) {
  if (error_number == ENOENT) return refuse(ErrorCode::kFileVanished, "vanished while the model was listed", name);
  return std::unexpected(system_error(error_number, name, ErrorCode::kReadFailed));
}

// gone says of what was there a moment ago that it vanished.
template <class T>
Result<T> gone(Result<T> result) {
  if (!result && result.error().code == ErrorCode::kFileNotFound) return fail(ENOENT, result.error().subject);
  return result;
}

std::unexpected<Error> too_many(std::size_t limit) {
  return refuse(ErrorCode::kTooManyFiles, fmt::format("more than {} files and folders", grouped(limit)), {});
}

Result<std::vector<std::string>> read_names(const Fd& folder, std::string_view path, std::size_t limit) {
  Fd copy(::dup(folder.get()));
  std::unique_ptr<DIR, CloseFolder> stream(::fdopendir(copy.get()));
  if (!stream) return fail(errno, path);
  (void)copy.release();  // the stream owns it now
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return fail(errno, path);
    if (entry == nullptr) return names;
    std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (names.size() == limit) return too_many(limit);
    names.emplace_back(name);
  }
}

// Status is what the listing needs to know of an entry.
struct Status {
  int error_number = 0;  // why the rest is not known; 0: it is
  mode_t mode = 0;
  FileIdentity identity;
};

Status status_of(int folder, const char* name, int flags) {
  struct stat status{};
  if (::fstatat(folder, name, &status, flags) != 0) return {errno, 0, {}};
  return {0, status.st_mode, FileIdentity::of(status)};
}

// status_of_all looks at the entries of a folder, which takes longer than to read the
// folder: with several threads where there are many.
std::vector<Status> status_of_all(int folder, const std::vector<std::string>& names, const WorkOptions& work) {
  constexpr std::size_t kShare = 512;  // entries that are worth a thread
  std::vector<Status> statuses(names.size());
  std::atomic<std::size_t> taken = 0;
  run_parallel(thread_count(work, names.size() / kShare), [&] {
    for (std::size_t begin = taken.fetch_add(kShare); begin < names.size(); begin = taken.fetch_add(kShare))
      for (std::size_t i = begin; i < std::min(begin + kShare, names.size()); ++i)
        statuses[i] = status_of(folder, names[i].c_str(), AT_SYMLINK_NOFOLLOW);
  });
  return statuses;
}

// Walker holds what a walk knows. One folder is open at a time, so that deep
// models do not use up file handles.
class Walker {
 public:
  Walker(const ModelRoot& root, const IgnoreSet& ignore, const WorkOptions& work, std::size_t limit)
      : root_(root), ignore_(ignore), work_(work), limit_(limit) {}

  Result<Listing> walk() {
    if (root_.is_file()) {
      WM_CHECK(check_listable(root_.file_name()));
      WM_TRY(OpenFile file, root_.open_file(root_.file_name()));
      listing_.files.push_back({root_.file_name(), file.identity});
      return std::move(listing_);
    }
    WM_CHECK(walk_folders());
    std::ranges::sort(listing_.files, {}, &ListedFile::name);
    std::ranges::sort(listing_.ignored);
    std::ranges::sort(listing_.warnings);
    return std::move(listing_);
  }

 private:
  struct Pending {
    std::string path;
    std::size_t depth;
  };

  // walk_folders goes into a folder before its neighbours. It does not recurse:
  // a caller's thread may have little stack, and a model many levels.
  Result<void> walk_folders() {
    std::vector<Pending> pending = {{"", 0}};
    while (!pending.empty()) {
      auto [path, depth] = std::move(pending.back());
      pending.pop_back();
      ancestors_.resize(depth);
      std::vector<std::string> folders;
      WM_TRY(FileIdentity identity, visit_folder(path, folders));
      ancestors_.push_back(identity);
      for (std::string& folder : folders) pending.push_back({std::move(folder), depth + 1});
    }
    return {};
  }

  // visit_folder visits what is in a folder, except that it only collects the
  // folders in it: they are walked after this one is closed.
  Result<FileIdentity> visit_folder(const std::string& path, std::vector<std::string>& folders) {
    WM_TRY(Fd folder, gone(root_.open_folder(path)));
    struct stat status{};
    if (::fstat(folder.get(), &status) != 0) return fail(errno, path);
    FileIdentity identity = FileIdentity::of(status);
    auto is_this = [&](const FileIdentity& ancestor) { return ancestor.same_file(identity); };
    if (std::ranges::any_of(ancestors_, is_this)) {
      listing_.warnings.push_back(fmt::format("{}: a link back to a folder above it, not followed", path));
      return identity;
    }
    WM_TRY(std::vector<std::string> names, read_names(folder, path, limit_));
    const std::vector<Status> statuses = status_of_all(folder.get(), names, work_);
    for (std::size_t i = 0; i < names.size(); ++i)
      WM_CHECK(visit(folder.get(), {names[i], path.empty() ? names[i] : path + "/" + names[i], statuses[i]}, folders));
    return identity;
  }

  // Entry is what a folder lists.
  struct Entry {
    const std::string& name;
    std::string path;
    const Status& status;
  };

  Result<void> visit(int folder, const Entry& entry, std::vector<std::string>& folders) {
    const std::string& path = entry.path;
    if (++entries_ > limit_) return too_many(limit_);
    if (ignore_.matches(path)) {
      listing_.ignored.push_back(path);
      return {};
    }
    WM_CHECK(check_listable(path));
    if (entry.status.error_number != 0) return fail(entry.status.error_number, path);
    if (S_ISLNK(entry.status.mode)) return visit_link(folder, entry.name, path, folders);
    return visit_target(entry.status, path, folders);
  }

  Result<void> visit_target(const Status& status, const std::string& path, std::vector<std::string>& folders) {
    if (S_ISDIR(status.mode)) {
      folders.push_back(path);
      return {};
    }
    if (!S_ISREG(status.mode)) return std::unexpected(special_file(status.mode, path));
    listing_.files.push_back({path, status.identity});
    return {};
  }

  Result<void> visit_link(int folder, const std::string& name, const std::string& path,
                          std::vector<std::string>& folders) {
    WM_TRY(std::optional<OpenFile> file, root_.open_blob(path));
    if (!file && root_.policy() == SymlinkPolicy::kRefuse) {
      WM_TRY(file, gone(root_.open_file(path)));
    }
    if (file) {
      listing_.files.push_back({path, file->identity});
      return {};
    }
    Fd target(::openat(folder, name.c_str(), O_PATH | O_CLOEXEC));
    if (!target) return broken(errno, path);
    const Status status = status_of(target.get(), "", AT_EMPTY_PATH);
    if (status.error_number != 0) return broken(status.error_number, path);
    if (leaves_model(target)) listing_.warnings.push_back(fmt::format("{}: a link that leaves the model", path));
    return visit_target(status, path, folders);
  }

  static std::unexpected<Error> broken(int error_number, const std::string& path) {
    bool nowhere = error_number == ENOENT || error_number == ELOOP || error_number == ENOTDIR;
    if (!nowhere) return fail(error_number, path);
    return refuse(ErrorCode::kSymlinkBroken, "is a symbolic link that leads nowhere", path);
  }

  bool leaves_model(const Fd& target) const {
    std::filesystem::path path = real_path(target);
    auto [end_of_root, rest] = std::ranges::mismatch(root_.path(), path);
    return end_of_root != root_.path().end();
  }

  static Result<void> check_listable(const std::string& path) {
    if (path.size() > kMaxNameSize)
      return refuse(ErrorCode::kNameTooLong, fmt::format("a path of {} bytes", path.size()), path.substr(0, 256));
    if (!is_utf8(path))
      return refuse(ErrorCode::kNameUtf8, "the name is not valid UTF-8", printable(path), "rename the file");
    return {};
  }

  const ModelRoot& root_;
  const IgnoreSet& ignore_;
  const WorkOptions& work_;
  std::size_t limit_;                    // of entries, which bounds time and memory
  std::vector<FileIdentity> ancestors_;  // of the folder under way, the root first
  std::size_t entries_ = 0;
  Listing listing_;
};

}  // namespace

Result<Listing> list_files(const ModelRoot& root, const IgnoreSet& ignore, const WorkOptions& work, std::size_t limit) {
  return Walker(root, ignore, work, limit).walk();
}

}  // namespace weightmark
