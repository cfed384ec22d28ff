#include "trust/resource_pattern.h"

#include <algorithm>
#include <vector>

namespace weightmark {
namespace {

// The shortest and longest digests that are hex: of SHA-1, and of SHA-512.
constexpr std::size_t kLeastHex = 40;
constexpr std::size_t kMostHex = 128;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_algorithm(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

// path_begin is where the path begins: behind the authority, or behind the scheme of a URI
// without one, such as "pkg:pypi/torch".
std::size_t path_begin(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return 0;
  return std::min(uri.find('/', scheme + 3), uri.size());
}

// Reached says which prefixes of the text a prefix of the pattern stands for.
using Reached = std::vector<bool>;

Reached step_many(const Reached& from, std::string_view text, bool slashes) {
  Reached to(from.size());
  bool open = false;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (i > 0 && !slashes && text[i - 1] == '/') open = false;
    open = open || from[i];
    to[i] = open;
  }
  return to;
}

Reached step_one(const Reached& from, std::string_view text, char wanted) {
  Reached to(from.size());
  for (std::size_t i = 1; i < from.size(); ++i) {
    const bool fits = wanted == '?' ? text[i - 1] != '/' : text[i - 1] == wanted;
    to[i] = from[i - 1] && fits;
  }
  return to;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  const std::size_t literal = std::min(pattern.find_first_of("*?"), pattern.size());
  if (!text.starts_with(pattern.substr(0, literal))) return false;
  pattern.remove_prefix(literal);
  text.remove_prefix(literal);
  Reached reached(text.size() + 1);
  reached[0] = true;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*') {
      reached = step_one(reached, text, pattern[i]);
      continue;
    }
    const bool two = pattern.substr(i).starts_with("**");
    reached = step_many(reached, text, two);
    if (two) ++i;
  }
  return reached.back();
}

std::string_view unversioned(std::string_view uri) {
  const std::size_t begin = path_begin(uri);
  return uri.substr(0, std::min(uri.find_first_of("@?#", begin), uri.size()));
}

std::string_view version_of(std::string_view uri) {
  const std::size_t at = unversioned(uri).size();
  if (at >= uri.size() || uri[at] != '@') return {};
  const std::string_view rest = uri.substr(at + 1);
  return rest.substr(0, std::min(rest.find_first_of("?#"), rest.size()));
}

ResourcePattern ResourcePattern::parse(const std::string& text) {
  ResourcePattern pattern;
  pattern.text_ = text;
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) return pattern;
  std::string algorithm = text.substr(0, colon);
  std::string hex = text.substr(colon + 1);
  if (!is_algorithm(algorithm) || hex.size() < kLeastHex || hex.size() > kMostHex || !is_hex(hex)) return pattern;
  pattern.algorithm_ = std::move(algorithm);
  pattern.hex_ = std::move(hex);
  return pattern;
}

bool ResourcePattern::matches_uri(std::string_view uri) const {
  if (!algorithm_.empty() || uri.empty()) return false;
  const bool versioned = text_.find('@', path_begin(text_)) != std::string::npos;
  if (!versioned) return glob_matches(text_, unversioned(uri));
  const std::string_view bare = uri.substr(0, std::min(uri.find_first_of("?#"), uri.size()));
  return glob_matches(text_, bare) || glob_matches(text_, uri);
}

}  // namespace weightmark
