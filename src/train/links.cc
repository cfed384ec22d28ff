#include "train/links.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>

#include "base/file.h"

namespace weightmark {
namespace {

constexpr int kMostLinks = 40;  // the kernel's own limit (path_resolution(7))

std::unexpected<Error> fail(int error_number, const std::filesystem::path& path) {
  return std::unexpected(system_error(error_number, path.string(), ErrorCode::kReadFailed));
}

// put_first puts the parts of a path before those that are left.
void put_first(std::deque<std::string>& parts, const std::filesystem::path& path) {
  std::deque<std::string> before;
  for (const auto& part : path.relative_path()) before.push_back(part.string());
  parts.insert(parts.begin(), before.begin(), before.end());
}

// step_into goes to a part of a folder; "" is the root.
void step_into(std::string& place, const std::string& part) {
  if (part.empty() || part == ".") return;
  if (part != "..")
    place += "/" + part;
  else if (const std::size_t slash = place.rfind('/'); slash != std::string::npos)
    place.resize(slash);
}

}  // namespace

Result<std::string> LinkTrail::follow(const std::filesystem::path& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  if (error) return fail(error.value(), path);
  std::deque<std::string> parts;
  put_first(parts, whole);
  std::string place;
  for (int links = 0; !parts.empty();) {
    const std::string part = parts.front();
    parts.pop_front();
    std::string next = place;
    step_into(next, part);
    struct stat status{};
    if (!next.empty() && ::lstat(next.c_str(), &status) != 0) return fail(errno, path);
    if (next.empty() || !S_ISLNK(status.st_mode)) {
      place = std::move(next);
      continue;
    }
    if (++links > kMostLinks) return fail(ELOOP, path);
    std::array<char, PATH_MAX> text{};
    const ssize_t size = ::readlink(next.c_str(), text.data(), text.size());
    if (size < 0) return fail(errno, path);
    const std::string target(text.data(), static_cast<std::size_t>(size));
    passed_[next] = target;
    if (target.starts_with('/')) place.clear();
    put_first(parts, target);
  }
  return place.empty() ? "/" : place;
}

bool lies_in(std::string_view path, std::string_view folder) {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace weightmark
