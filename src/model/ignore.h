// Paths that are left out of a model (OMS 6.2).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace weightmark {

// What OMS leaves out at the top of a model unless told otherwise.
inline constexpr auto kGitPaths = std::to_array<std::string_view>({".git", ".gitattributes", ".github", ".gitignore"});

// What is never part of a model: our signatures (docs/format.md, placement) and
// the Hub's bookkeeping for files downloaded to a folder.
inline constexpr auto kOwnPaths = std::to_array<std::string_view>({".cache/huggingface", "model.sig", "model.sig.d"});

// IgnoreSet matches relative paths: an entry ignores itself and all below it.
class IgnoreSet {
 public:
  IgnoreSet() = default;
  explicit IgnoreSet(std::vector<std::string> paths);

  void add(std::string path);
  bool matches(std::string_view name) const;
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<std::string> paths_;  // sorted, each once
};

}  // namespace weightmark
