#include "verify/license_expression.h"

#include <algorithm>
#include <vector>

namespace weightmark {
namespace {

// Deeper ones, and longer ones, are no licence's.
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxExpression = 4096;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-.+:_").find(c) != std::string_view::npos;
}

// words splits into identifiers, operators and parentheses; empty where something else is there.
std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word_character(text[end])) ++end;
    if (text[at] == '(' || text[at] == ')') end = at + 1;
    if (end == at) return {};
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

// Reader evaluates while it reads: OR binds least, then AND, then WITH.
class Reader {
 public:
  Reader(std::vector<std::string> words, const std::function<bool(const std::string&)>& holds)
      : words_(std::move(words)), holds_(holds) {}

  std::optional<bool> read() {
    const auto value = alternatives(0);
    return at_ == words_.size() ? value : std::nullopt;
  }

 private:
  bool take(std::string_view word) {
    if (at_ == words_.size() || words_[at_] != word) return false;
    ++at_;
    return true;
  }

  std::optional<bool> alternatives(std::size_t depth) {
    auto value = conjunction(depth);
    while (value && take("or")) {
      const auto next = conjunction(depth);
      value = next ? std::optional<bool>(*value || *next) : std::nullopt;
    }
    return value;
  }

  std::optional<bool> conjunction(std::size_t depth) {
    auto value = simple(depth);
    while (value && take("and")) {
      const auto next = simple(depth);
      value = next ? std::optional<bool>(*value && *next) : std::nullopt;
    }
    return value;
  }

  std::optional<bool> simple(std::size_t depth) {
    if (!take("(")) return license();
    if (depth == kMaxDepth) return std::nullopt;
    const auto value = alternatives(depth + 1);
    return take(")") ? value : std::nullopt;
  }

  std::optional<std::string> identifier() {
    static constexpr std::string_view kOthers[] = {"(", ")", "and", "or", "with"};
    if (at_ == words_.size()) return std::nullopt;
    if (std::ranges::find(kOthers, words_[at_]) != std::ranges::end(kOthers)) return std::nullopt;
    return words_[at_++];
  }

  std::optional<bool> license() {
    auto name = identifier();
    if (!name) return std::nullopt;
    if (take("with")) {
      const auto exception = identifier();
      if (!exception) return std::nullopt;
      *name += " with " + *exception;
    }
    return holds_(*name);
  }

  std::vector<std::string> words_;
  const std::function<bool(const std::string&)>& holds_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<bool> license_holds(std::string_view expression, const std::function<bool(const std::string&)>& holds) {
  if (expression.size() > kMaxExpression) return std::nullopt;
  return Reader(words(lower(expression)), holds).read();
}

}  // namespace weightmark
