// Keeping secrets out of statements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace weightmark {

inline constexpr std::string_view kRedacted = "[redacted]";

// Redaction knows values that must not be told, and finds them wherever they stand.
class Redaction {
 public:
  Redaction() = default;
  explicit Redaction(std::vector<std::string> secrets);

  // apply returns the text with each of them replaced, also where it stands in hex, base64
  // or percent-encoded as in a URL.
  std::string apply(std::string_view text) const;

  // json does the same within all texts of a value, and in the keys of its objects.
  Json json(const Json& value) const;

  // argument does the same to one argument of a command; and hides the value of an option
  // whose name says that it is one, as in "--api-key=…".
  std::string argument(std::string_view text) const;

  // command does that to all of its arguments, and to those that follow such an option.
  std::vector<std::string> command(const std::vector<std::string>& words) const;

 private:
  std::vector<std::string> forms_;  // longest first
};

}  // namespace weightmark
