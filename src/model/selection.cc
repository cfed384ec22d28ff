#include "model/selection.h"

#include <fnmatch.h>

#include <algorithm>

namespace weightmark {

bool Selection::matches(const std::string& pattern, std::string_view name) {
  // Names have no NUL (check_name), so nothing is cut off.
  return ::fnmatch(pattern.c_str(), std::string(name).c_str(), FNM_PATHNAME | FNM_LEADING_DIR) == 0;
}

bool Selection::selects(std::string_view name) const {
  return patterns_.empty() ||
         std::ranges::any_of(patterns_, [&](const std::string& pattern) { return matches(pattern, name); });
}

}  // namespace weightmark
