// A folder of one run's own.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "weightmark/error.h"

namespace weightmark {

// PrivateFolder is empty when it is made, for this user alone, and goes with all that is in
// it.
class PrivateFolder {
 public:
  // Errors: write-failed, disk-full, file-unreadable.
  static Result<PrivateFolder> make();

  ~PrivateFolder();
  PrivateFolder(PrivateFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // add makes a folder in it. Errors: write-failed, disk-full.
  Result<std::filesystem::path> add(const std::string& name) const;

 private:
  explicit PrivateFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace weightmark
