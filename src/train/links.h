// Where paths lead, and the links on the way.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "weightmark/error.h"

namespace weightmark {

// LinkTrail follows paths as the kernel would, and remembers each link that it passed, so
// that another view of the files can have the same ones.
class LinkTrail {
 public:
  // follow returns where the path leads: absolute, without links, "." and "..".
  // Errors: file-not-found, file-unreadable, read-failed.
  Result<std::string> follow(const std::filesystem::path& path);

  // What was passed: the place of each link, itself without links, and its text.
  const std::map<std::string, std::string>& passed() const { return passed_; }

 private:
  std::map<std::string, std::string> passed_;
};

// lies_in says whether a path without links is that folder or lies beneath it.
bool lies_in(std::string_view path, std::string_view folder);

}  // namespace weightmark
