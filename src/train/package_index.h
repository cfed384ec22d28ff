// Which distribution of Python an opened file belongs to.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "train/python_package.h"

namespace weightmark {

// OwnedFile is a file of a distribution, as the index finds it.
struct OwnedFile {
  std::size_t package = 0;  // in PackageIndex::packages()
  std::string sha256;       // as recorded; empty where none is
  bool bytecode = false;    // compiled by the interpreter from a file that is recorded
};

// PackageIndex knows the distributions of all folders "site-packages" and "dist-packages"
// that the paths lie in, and the files that each records.
class PackageIndex {
 public:
  explicit PackageIndex(const std::vector<std::string>& opened);

  const std::vector<Package>& packages() const { return packages_; }

  // find returns whose file it is, or nothing.
  std::optional<OwnedFile> find(const std::string& path) const;

 private:
  void add_folder(const std::string& folder);

  std::vector<Package> packages_;
  std::map<std::string, OwnedFile, std::less<>> files_;
};

// is_code says whether a file is run when it is opened, going by its name. Scanning what is
// installed opens METADATA of every distribution; that loads none of them.
bool is_code(std::string_view path);

}  // namespace weightmark
