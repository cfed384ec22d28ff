#include "base/pattern.h"

#include <regex.h>

#include <array>
#include <utility>

#include "base/refuse.h"
#include "base/text.h"

namespace weightmark {

struct Pattern::Compiled {
  regex_t regex{};
  bool valid = false;

  Compiled() = default;
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() {
    if (valid) ::regfree(&regex);
  }
};

namespace {

constexpr std::size_t kMaxPattern = 4096;

std::unexpected<Error> refuse_pattern(std::string what, const std::string& text) {
  return refuse(ErrorCode::kPatternSyntax, std::move(what), excerpt(text),
                "patterns are POSIX extended regular expressions, anchored at both ends");
}

// has_back_reference: the standard has none, the C library takes them all the same.
bool has_back_reference(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') continue;
    ++i;
    if (text[i] >= '1' && text[i] <= '9') return true;
  }
  return false;
}

}  // namespace

Pattern::Pattern(std::string text, std::shared_ptr<const Compiled> compiled)
    : text_(std::move(text)), compiled_(std::move(compiled)) {}

Result<Pattern> Pattern::parse(const std::string& text) {
  if (text.empty()) return refuse_pattern("the pattern is empty", text);
  if (text.size() > kMaxPattern || text.find('\0') != std::string::npos)
    return refuse_pattern("the pattern is too long, or has a NUL", text);
  if (has_back_reference(text)) return refuse_pattern("the pattern has a back reference", text);
  auto compiled = std::make_shared<Compiled>();
  const int status = ::regcomp(&compiled->regex, text.c_str(), REG_EXTENDED);
  compiled->valid = status == 0;
  if (compiled->valid) return Pattern(text, std::move(compiled));
  std::array<char, 128> reason{};
  ::regerror(status, &compiled->regex, reason.data(), reason.size());
  return refuse_pattern(reason.data(), text);
}

// The match is the leftmost and of those the longest, so it is the whole text where
// that matches at all. Brackets around the pattern would not do: "a)|(b" has its own.
// A NUL would end the text for the C library: "good\0evil" must not pass for "good".
bool Pattern::matches(std::string_view text) const {
  if (text.find('\0') != std::string_view::npos) return false;
  regmatch_t found{};
  if (::regexec(&compiled_->regex, std::string(text).c_str(), 1, &found, 0) != 0) return false;
  return found.rm_so == 0 && static_cast<std::size_t>(found.rm_eo) == text.size();
}

}  // namespace weightmark
