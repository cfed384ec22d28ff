#include "model/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
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

// Walker holds what a walk knows. One folder is open at a time, so that deep
// models do not use up file handles.
class Walker {
 public:
  Walker(const ModelRoot& root, const IgnoreSet& ignore, std::size_t limit)
      : root_(root), ignore_(ignore), limit_(limit) {}

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
    for (const std::string& name : names)
      WM_CHECK(visit(folder.get(), name, path.empty() ? name : path + "/" + name, folders));
    return identity;
  }

  Result<void> visit(int folder, const std::string& name, const std::string& path, std::vector<std::string>& folders) {
    if (++entries_ > limit_) return too_many(limit_);
    if (ignore_.matches(path)) {
      listing_.ignored.push_back(path);
      return {};
    }
    WM_CHECK(check_listable(path));
    struct stat status{};
    if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return fail(errno, path);
    if (S_ISLNK(status.st_mode)) return visit_link(folder, name, path, folders);
    return visit_target(status, path, folders);
  }

  Result<void> visit_target(const struct stat& status, const std::string& path, std::vector<std::string>& folders) {
    if (S_ISDIR(status.st_mode)) {
      folders.push_back(path);
      return {};
    }
    if (!S_ISREG(status.st_mode)) return std::unexpected(special_file(status, path));
    listing_.files.push_back({path, FileIdentity::of(status)});
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
    struct stat status{};
    if (!target || ::fstat(target.get(), &status) != 0) return broken(errno, path);
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
  std::size_t limit_;                    // of entries, which bounds time and memory
  std::vector<FileIdentity> ancestors_;  // of the folder under way, the root first
  std::size_t entries_ = 0;
  Listing listing_;
};

}  // namespace

Result<Listing> list_files(const ModelRoot& root, const IgnoreSet& ignore, std::size_t limit) {
  return Walker(root, ignore, limit).walk();
}

}  // namespace weightmark
