#include "weightmark/error.h"

#include <array>

#include "base/text.h"

namespace weightmark {
namespace {

struct CodeInfo {
  std::string_view name;
  ErrorClass error_class;
  std::string_view meaning;
};

constexpr auto kCodes = std::to_array<CodeInfo>({
#define WEIGHTMARK_ERROR(identifier, name, error_class, meaning) {name, ErrorClass::error_class, meaning},
#include "weightmark/error_codes.inc"
#undef WEIGHTMARK_ERROR
});

const CodeInfo& info(ErrorCode code) { return kCodes.at(static_cast<std::size_t>(code)); }

}  // namespace

std::string_view code_name(ErrorCode code) { return info(code).name; }

std::string_view code_meaning(ErrorCode code) { return info(code).meaning; }

ErrorClass code_class(ErrorCode code) { return info(code).error_class; }

std::optional<ErrorCode> find_code(std::string_view name) {
  for (ErrorCode code : all_codes())
    if (code_name(code) == name) return code;
  return std::nullopt;
}

const std::vector<ErrorCode>& all_codes() {
  static const std::vector<ErrorCode> codes = [] {
    std::vector<ErrorCode> all;
    all.reserve(kCodes.size());
    for (std::size_t i = 0; i < kCodes.size(); ++i) all.push_back(static_cast<ErrorCode>(i));
    return all;
  }();
  return codes;
}

std::string describe(const Error& error) {
  if (error.subject.empty()) return printable(error.what);
  return printable(error.subject) + ": " + printable(error.what);
}

}  // namespace weightmark
