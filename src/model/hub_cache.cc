#include "model/hub_cache.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <vector>

namespace weightmark {
namespace {

constexpr auto kPrefixes = std::to_array<std::string_view>({"models--", "datasets--"});

bool is_repository(std::string_view folder) {
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return folder.starts_with(prefix); });
}

// repository_of turns "models--ORG--NAME" into "ORG/NAME".
std::string repository_of(std::string_view folder) {
  std::string name(folder.substr(folder.find("--") + 2));
  if (auto separator = name.find("--"); separator != std::string::npos) name.replace(separator, 2, "/");
  return name;
}

std::string steps_up(std::size_t count) {
  std::string path;
  for (std::size_t i = 0; i < count; ++i) path += "../";
  return path;
}

}  // namespace

std::optional<HubCache> HubCache::find(int folder, const std::filesystem::path& canonical) {
  std::vector<std::string> parts;
  for (const auto& part : canonical) parts.push_back(part.native());
  // The innermost match: nothing above it can matter to links that lie below it.
  for (std::size_t snapshot = parts.size(); snapshot-- > 2;) {
    if (!is_repository(parts[snapshot - 2]) || parts[snapshot - 1] != "snapshots") continue;
    HubCache cache;
    cache.depth_ = parts.size() - snapshot - 1;
    cache.repository_ = repository_of(parts[snapshot - 2]);
    std::string blobs = steps_up(cache.depth_ + 2) + "blobs";
    cache.blobs_ = Fd(::openat(folder, blobs.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!cache.blobs_) return std::nullopt;
    return cache;
  }
  return std::nullopt;
}

std::optional<std::string> HubCache::blob_of(std::string_view name, std::string_view target) const {
  auto folders = static_cast<std::size_t>(std::ranges::count(name, '/'));
  std::string prefix = steps_up(folders + depth_ + 2) + "blobs/";
  if (!target.starts_with(prefix)) return std::nullopt;
  std::string_view blob = target.substr(prefix.size());
  bool plain = !blob.empty() && blob != "." && blob != ".." && blob.find('/') == std::string_view::npos;
  if (!plain) return std::nullopt;
  return std::string(blob);
}

}  // namespace weightmark
