#include "model/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>

#include "base/text.h"
#include "base/try.h"
#include "weightmark/manifest.h"

namespace weightmark {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::unexpected<Error> refuse(ErrorCode code, std::string what, std::string_view name, std::string hint = {}) {
  return std::unexpected(Error{code, std::move(what), std::string(name), std::move(hint)});
}

std::unexpected<Error> fail(int error_number, std::string_view name) {
  if (error_number == ENOENT) return refuse(ErrorCode::kFileVanished, "vanished while the model was listed", name);
  return std::unexpected(system_error(error_number, name, ErrorCode::kReadFailed));
}

Result<std::vector<std::string>> read_names(const Fd& folder, std::string_view path) {
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
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

// Walker holds what a walk knows. One folder is open at a time, so that deep
// models do not use up file handles.
class Walker {
 public:
  Walker(const ModelRoot& root, const IgnoreSet& ignore) : root_(root), ignore_(ignore) {}

  Result<Listing> walk() {
    if (root_.is_file()) {
      WM_TRY(OpenFile file, root_.open_file(root_.file_name()));
      listing_.files.push_back({root_.file_name(), file.identity});
      return std::move(listing_);
    }
    WM_CHECK(walk_folder(""));
    std::ranges::sort(listing_.files, {}, &ListedFile::name);
    std::ranges::sort(listing_.ignored);
    return std::move(listing_);
  }

 private:
  Result<void> walk_folder(const std::string& path) {
    std::vector<std::string> folders;
    WM_TRY(FileIdentity identity, visit_folder(path, folders));
    ancestors_.push_back(identity);
    for (const std::string& folder : folders) WM_CHECK(walk_folder(folder));
    ancestors_.pop_back();
    return {};
  }

  // visit_folder visits what is in a folder, except that it only collects the
  // folders in it: they are walked after this one is closed.
  Result<FileIdentity> visit_folder(const std::string& path, std::vector<std::string>& folders) {
    WM_TRY(Fd folder, root_.open_folder(path));
    struct stat status {};
    if (::fstat(folder.get(), &status) != 0) return fail(errno, path);
    FileIdentity identity = FileIdentity::of(status);
    auto is_this = [&](const FileIdentity& ancestor) { return ancestor.same_file(identity); };
    if (std::ranges::any_of(ancestors_, is_this)) {
      listing_.warnings.push_back(fmt::format("{}: a link back to a folder above it, not followed", path));
      return identity;
    }
    WM_TRY(std::vector<std::string> names, read_names(folder, path));
    for (const std::string& name : names)
      WM_CHECK(visit(folder.get(), name, path.empty() ? name : path + "/" + name, folders));
    return identity;
  }

  Result<void> visit(int folder, const std::string& name, const std::string& path, std::vector<std::string>& folders) {
    if (++entries_ > kMaxFiles) return refuse(ErrorCode::kTooManyFiles, "more than 1,000,000 files and folders", {});
    if (ignore_.matches(path)) {
      listing_.ignored.push_back(path);
      return {};
    }
    WM_CHECK(check_listable(path));
    struct stat status {};
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
    bool file_of_cache = root_.hub_cache() && is_blob(folder, name, path);
    if (root_.policy() == SymlinkPolicy::kRefuse || file_of_cache) {
      WM_TRY(OpenFile file, root_.open_file(path));
      listing_.files.push_back({path, file.identity});
      return {};
    }
    struct stat status {};
    if (::fstatat(folder, name.c_str(), &status, 0) != 0)
      return refuse(ErrorCode::kSymlinkBroken, "is a symbolic link that leads nowhere", path);
    if (leaves_model(path)) listing_.warnings.push_back(fmt::format("{}: a link that leaves the model", path));
    return visit_target(status, path, folders);
  }

  bool is_blob(int folder, const std::string& name, const std::string& path) const {
    std::array<char, PATH_MAX> target{};
    ssize_t size = ::readlinkat(folder, name.c_str(), target.data(), target.size());
    if (size <= 0) return false;
    return root_.hub_cache()->blob_of(path, {target.data(), static_cast<std::size_t>(size)}).has_value();
  }

  bool leaves_model(const std::string& path) const {
    std::error_code error;
    std::filesystem::path target = std::filesystem::canonical(root_.path() / path, error);
    auto [end_of_root, rest] = std::ranges::mismatch(root_.path(), target);
    return error || end_of_root != root_.path().end();
  }

  static Result<void> check_listable(const std::string& path) {
    if (path.size() > kMaxNameSize)
      return refuse(ErrorCode::kNameTooLong, fmt::format("a path of {} bytes", path.size()), path.substr(0, 256));
    if (!is_utf8(path)) return refuse(ErrorCode::kNameUtf8, "the name is not valid UTF-8", path, "rename the file");
    return {};
  }

  const ModelRoot& root_;
  const IgnoreSet& ignore_;
  std::vector<FileIdentity> ancestors_;
  std::size_t entries_ = 0;
  Listing listing_;
};

}  // namespace

Result<Listing> list_files(const ModelRoot& root, const IgnoreSet& ignore) { return Walker(root, ignore).walk(); }

}  // namespace weightmark
