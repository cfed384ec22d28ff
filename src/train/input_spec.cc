#include "train/input_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

using Words = std::vector<std::string>;

const Words& roles() {
  static const Words list{"train", "validation", "eval", "reward", "synthetic-source"};
  return list;
}

const Words& relations() {
  static const Words list{"finetune", "adapter", "merge", "distill", "quantize", "init"};
  return list;
}

const Words& kinds() {
  static const Words list{"tokenizer", "judge-model", "file"};
  return list;
}

// is_uri goes by the scheme (RFC 3986, section 3.1).
bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  return letter(text.front()) && std::ranges::all_of(text.substr(0, colon), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || std::string_view("+-.").contains(c);
         });
}

// take_uri cuts off the first "=" that a URI follows, so that a path may have others.
std::string take_uri(std::string_view& text) {
  for (std::size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    if (!is_uri(text.substr(at + 1))) continue;
    std::string uri(text.substr(at + 1));
    text = text.substr(0, at);
    return uri;
  }
  return {};
}

Result<void> take_path(std::string_view text, std::string_view whole, InputSpec& spec) {
  if (text.empty()) return refuse(ErrorCode::kTrainingInput, "names no path", whole);
  if (!is_utf8(text) || !is_utf8(spec.uri)) return refuse(ErrorCode::kTrainingInput, "is not UTF-8", whole);
  spec.path = text;
  return {};
}

// take_word cuts off a word of the list and its colon. What holds a slash before the colon,
// or no colon, is a path.
Result<std::string> take_word(std::string_view& text, std::string_view whole, const Words& words) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.substr(0, colon).contains('/')) return std::string();
  std::string word(text.substr(0, colon));
  if (std::ranges::find(words, word) == words.end()) {
    const std::string near = nearest(word, words);
    return refuse(ErrorCode::kTrainingInput,
                  fmt::format("\"{}\" is not one of {}", excerpt(word), fmt::join(words, ", ")), whole,
                  near.empty() ? "before a path with a colon write ./" : fmt::format("did you mean {}?", near));
  }
  text = text.substr(colon + 1);
  return word;
}

}  // namespace

Result<InputSpec> parse_dataset(std::string_view text) {
  InputSpec spec{.kind = "dataset", .role = "train", .relation = {}, .path = {}, .uri = {}};
  std::string_view rest = text;
  spec.uri = take_uri(rest);
  WM_TRY(const std::string role, take_word(rest, text, roles()));
  if (!role.empty()) spec.role = role;
  WM_CHECK(take_path(rest, text, spec));
  return spec;
}

Result<InputSpec> parse_base_model(std::string_view text) {
  InputSpec spec{.kind = "model", .role = {}, .relation = "finetune", .path = {}, .uri = {}};
  std::string_view rest = text;
  spec.uri = take_uri(rest);
  WM_TRY(const std::string relation, take_word(rest, text, relations()));
  if (!relation.empty()) spec.relation = relation;
  WM_CHECK(take_path(rest, text, spec));
  return spec;
}

Result<InputSpec> parse_other_input(std::string_view text) {
  InputSpec spec;
  std::string_view rest = text;
  spec.uri = take_uri(rest);
  WM_TRY(spec.kind, take_word(rest, text, kinds()));
  if (spec.kind.empty())
    return refuse(ErrorCode::kTrainingInput, fmt::format("begins with none of {}", fmt::join(kinds(), ", ")), text,
                  "name datasets with --dataset and models with --base-model");
  WM_CHECK(take_path(rest, text, spec));
  return spec;
}

Result<InputSpec> parse_resumed(std::string_view text) {
  InputSpec spec{.kind = "model", .role = {}, .relation = "resume", .path = {}, .uri = {}};
  std::string_view rest = text;
  spec.uri = take_uri(rest);
  WM_CHECK(take_path(rest, text, spec));
  return spec;
}

}  // namespace weightmark
