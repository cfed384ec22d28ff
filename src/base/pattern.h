// Patterns that a whole text must match.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "weightmark/error.h"

namespace weightmark {

// Pattern is a POSIX extended regular expression, anchored at both ends: what matches
// only a part of a name is how others' names slip through. There are no back
// references, so that matching takes no more than linear time.
class Pattern {
 public:
  // Errors: pattern-syntax.
  static Result<Pattern> parse(const std::string& text);

  bool matches(std::string_view text) const;
  const std::string& text() const { return text_; }

 private:
  struct Compiled;
  Pattern(std::string text, std::shared_ptr<const Compiled> compiled);

  std::string text_;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace weightmark
