#include "train/package_index.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// package_folder returns the folder of packages that a path lies in, or "".
std::string package_folder(std::string_view path) {
  for (const std::string_view name : {"/site-packages/", "/dist-packages/"})
    if (const std::size_t at = path.find(name); at != std::string_view::npos)
      return std::string(path.substr(0, at + name.size() - 1));
  return {};
}

// source_of returns the file that bytecode is compiled from: of
// "a/__pycache__/b.cpython-312.pyc" it is "a/b.py" (PEP 3147); "" for what is none.
std::string source_of(const std::string& path) {
  const fs::path file(path);
  if (file.extension() != ".pyc" || file.parent_path().filename() != "__pycache__") return {};
  const std::string name = file.filename().native();
  return file.parent_path().parent_path() / (name.substr(0, name.find('.')) + ".py");
}

}  // namespace

PackageIndex::PackageIndex(const std::vector<std::string>& opened) {
  std::set<std::string> folders;
  for (const std::string& path : opened)
    if (std::string folder = package_folder(path); !folder.empty()) folders.insert(std::move(folder));
  for (const std::string& folder : folders) add_folder(folder);
}

void PackageIndex::add_folder(const std::string& folder) {
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (entry->path().extension() != ".dist-info") continue;
    auto package = read_package(entry->path());
    if (!package) continue;  // its files belong to nobody then
    for (const PackageFile& file : package->files) {
      const std::string path = (fs::path(folder) / file.path).lexically_normal();
      files_.try_emplace(path, OwnedFile{packages_.size(), file.sha256, false});
    }
    packages_.push_back(*std::move(package));
  }
}

std::optional<OwnedFile> PackageIndex::find(const std::string& path) const {
  const std::string source = source_of(path);
  const auto found = files_.find(source.empty() ? path : source);
  if (found == files_.end()) return std::nullopt;
  return OwnedFile{found->second.package, source.empty() ? found->second.sha256 : "", !source.empty()};
}

bool is_code(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.ends_with(".py") || name.ends_with(".pyc") || name.ends_with(".so") || name.contains(".so.");
}

}  // namespace weightmark
