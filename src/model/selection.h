// Verifying a part of a model: which of its files were asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weightmark {

// Selection holds glob patterns over file names, relative to the model's root.
// `*`, `?` and `[...]` match within one component; a pattern that matches a folder
// selects everything below it. No patterns select everything.
class Selection {
 public:
  Selection() = default;
  explicit Selection(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  bool everything() const { return patterns_.empty(); }
  bool selects(std::string_view name) const;
  const std::vector<std::string>& patterns() const { return patterns_; }

  // matches says whether one pattern selects a name.
  static bool matches(const std::string& pattern, std::string_view name);

 private:
  std::vector<std::string> patterns_;
};

}  // namespace weightmark
