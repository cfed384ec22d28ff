#include "host/private_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "base/file.h"

namespace weightmark {

namespace fs = std::filesystem;

Result<PrivateFolder> PrivateFolder::make() {
  std::error_code error;
  fs::path base = fs::temp_directory_path(error);
  if (error) base = "/tmp";
  std::string name = fs::canonical(base, error) / "weightmark-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return std::unexpected(system_error(errno, name, ErrorCode::kWriteFailed));
  return PrivateFolder(name);
}

PrivateFolder::~PrivateFolder() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Result<fs::path> PrivateFolder::add(const std::string& name) const {
  fs::path folder = path_ / name;
  if (::mkdir(folder.c_str(), S_IRWXU) != 0)
    return std::unexpected(system_error(errno, folder.native(), ErrorCode::kWriteFailed));
  return folder;
}

}  // namespace weightmark
