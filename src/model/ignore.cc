#include "model/ignore.h"

#include <algorithm>

namespace weightmark {

IgnoreSet::IgnoreSet(std::vector<std::string> paths) : paths_(std::move(paths)) {
  std::ranges::sort(paths_);
  auto repeated = std::ranges::unique(paths_);
  paths_.erase(repeated.begin(), repeated.end());
}

void IgnoreSet::add(std::string path) {
  auto place = std::ranges::lower_bound(paths_, path);
  if (place == paths_.end() || *place != path) paths_.insert(place, std::move(path));
}

bool IgnoreSet::matches(std::string_view name) const {
  for (std::size_t end = name.find('/');; end = name.find('/', end + 1)) {
    std::string_view prefix = name.substr(0, end);
    if (std::ranges::binary_search(paths_, prefix, std::less<>())) return true;
    if (end == std::string_view::npos) return false;
  }
}

}  // namespace weightmark
