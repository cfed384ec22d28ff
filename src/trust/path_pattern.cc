#include "trust/path_pattern.h"

#include <algorithm>
#include <cstddef>

namespace weightmark::tuf {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// end_of_set returns where the set that begins with the bracket at `at` ends, behind its
// own bracket; none where there is no such set. A bracket that comes first is a member.
std::size_t end_of_set(std::string_view pattern, std::size_t at) {
  std::size_t first = at + 1;
  if (first < pattern.size() && pattern[first] == '!') ++first;
  const std::size_t end = pattern.find(']', first + 1);
  return end == kNone ? kNone : end + 1;
}

bool set_has(std::string_view members, char c) {
  const auto wanted = static_cast<unsigned char>(c);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto low = static_cast<unsigned char>(members[i]);
    auto high = low;
    if (i + 2 < members.size() && members[i + 1] == '-') high = static_cast<unsigned char>(members[i += 2]);
    if (low <= wanted && wanted <= high) return true;
  }
  return false;
}

// Token is what stands for one character of a path.
struct Token {
  std::size_t size;  // in the pattern
  bool fits;
};

Token token_at(std::string_view pattern, std::size_t at, char c) {
  const std::size_t end = pattern[at] == '[' ? end_of_set(pattern, at) : kNone;
  if (end == kNone) return {1, c != '/' && pattern[at] == '?' ? true : pattern[at] == c};
  std::string_view members = pattern.substr(at + 1, end - at - 2);
  const bool negated = members.starts_with('!');
  if (negated) members.remove_prefix(1);
  return {end - at, c != '/' && set_has(members, c) != negated};
}

}  // namespace

// When a character does not fit, the last "*" takes one more: earlier ones need not be
// tried again, since a slash ends them all. So the time is at most the product of both
// lengths.
bool matches(std::string_view pattern, std::string_view path) {
  std::size_t p = 0;
  std::size_t star = kNone;  // behind the last star
  std::size_t taken = 0;     // where the path goes on behind what that star takes
  for (std::size_t i = 0; i < path.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      taken = i;
      continue;
    }
    const Token token = p < pattern.size() ? token_at(pattern, p, path[i]) : Token{0, false};
    if (token.fits) {
      p += token.size;
      ++i;
      continue;
    }
    if (star == kNone || path[taken] == '/') return false;
    p = star;
    i = ++taken;
  }
  return std::ranges::all_of(pattern.substr(p), [](char c) { return c == '*'; });
}

}  // namespace weightmark::tuf
