// An opened model: files are opened once, relative to a held folder, without
// following links that the policy does not allow.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "model/hub_cache.h"
#include "weightmark/error.h"

namespace weightmark {

// SymlinkPolicy says what becomes of symbolic links (OMS 6.1.1). Links of the
// Hugging Face cache are content under either.
enum class SymlinkPolicy { kRefuse, kFollow };

// FileIdentity tells whether a name still means the same unchanged file.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  static FileIdentity of(const struct stat& status);
  static FileIdentity of(const struct statx& status);
  bool same_file(const FileIdentity& other) const { return device == other.device && inode == other.inode; }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// OpenFile is a regular file, open for reading.
struct OpenFile {
  Fd fd;
  FileIdentity identity;
  // Whether measure_by_kernel can have an answer. A false answer of the file system
  // costs only what the answer would have saved.
  bool may_be_sealed = true;

  // unchanged says whether the file is still as it was when it was opened.
  bool unchanged() const;
};

// ModelRoot is a model on disk: a folder, or one file in its folder.
class ModelRoot {
 public:
  // open opens the model. A model path that is itself a link falls under the
  // policy, except a file's link in the Hugging Face cache.
  // Errors: model-not-found, symlink-refused, special-*, file-unreadable,
  // read-failed.
  static Result<ModelRoot> open(const std::filesystem::path& path, SymlinkPolicy policy);

  // is_file says whether the model is a single file; then file_name() is its name
  // and every name below is relative to the file's folder.
  bool is_file() const { return is_file_; }
  const std::string& file_name() const { return file_name_; }

  // default_name is what a signature calls the model: the last component of its
  // path (OMS 6.5), or "ORG/NAME" for a snapshot in the Hugging Face cache, whose
  // last component is just a commit hash.
  const std::string& default_name() const { return default_name_; }

  // path is the model's canonical path, for messages and for placement.
  const std::filesystem::path& path() const { return path_; }

  SymlinkPolicy policy() const { return policy_; }
  const std::optional<HubCache>& hub_cache() const { return hub_cache_; }
  int folder() const { return folder_.get(); }

  // open_file opens a regular file by its relative name.
  // Errors: file-not-found, file-unreadable, symlink-refused, symlink-broken,
  // special-*, read-failed.
  Result<OpenFile> open_file(std::string_view name) const;

  // open_blob opens what the link `name` means when it is content of the Hugging
  // Face cache; any other link is none.
  // Errors: symlink-broken when the blob is missing, file-unreadable.
  Result<std::optional<OpenFile>> open_blob(std::string_view name) const;

  // open_folder opens a folder by its relative name; "" is the root.
  // Errors: file-not-found, file-unreadable, symlink-refused, read-failed.
  Result<Fd> open_folder(std::string_view name) const;

 private:
  ModelRoot() = default;
  Result<OpenFile> open_link(const std::string& name) const;

  Fd folder_;
  bool is_file_ = false;
  std::string file_name_;
  std::string default_name_;
  std::filesystem::path path_;
  SymlinkPolicy policy_ = SymlinkPolicy::kRefuse;
  std::optional<HubCache> hub_cache_;
};

// real_path returns where an open file lies, or "" where the system cannot tell.
std::filesystem::path real_path(const Fd& fd);

// special_file returns the error for a file that is neither regular, folder nor
// link: a named pipe, a socket or a device.
Error special_file(mode_t mode, std::string_view name);

}  // namespace weightmark
