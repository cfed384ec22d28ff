#include "trust/policy_fields.h"

#include <fmt/ranges.h>

#include "weightmark/digest.h"

namespace weightmark::policies {
namespace {

constexpr std::int64_t kMaxParties = 32;

Result<std::int64_t> integer_in(const JsonView& field, std::int64_t least, std::int64_t most) {
  WM_TRY(const std::int64_t number, field.integer());
  if (number < least || number > most) return field.fail(fmt::format("not from {} to {}", least, most));
  return number;
}

}  // namespace

Result<std::string> text_in(const JsonView& field) {
  WM_TRY(const std::string_view text, field.string());
  if (text.empty()) return field.fail("is empty");
  return std::string(text);
}

Result<std::string> text_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  return text_in(field);
}

Result<std::optional<std::string>> optional_text(const JsonView& parent, std::string_view key) {
  const auto field = parent.find(key);
  if (!field) return std::nullopt;
  return text_in(*field);
}

Result<std::vector<std::string>> texts_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonItems items, field.array());
  if (items.empty()) return field.fail("is empty");
  if (items.size() > kMaxItems) return field.fail(fmt::format("{} entries", items.size()));
  std::vector<std::string> texts;
  for (const JsonView& item : items) {
    WM_TRY(std::string text, text_in(item));
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::vector<std::string>> optional_texts(const JsonView& parent, std::string_view key) {
  if (!parent.find(key)) return std::vector<std::string>{};
  return texts_at(parent, key);
}

Result<std::optional<std::int64_t>> optional_integer(const JsonView& parent, std::string_view key, std::int64_t least,
                                                     std::int64_t most) {
  const auto field = parent.find(key);
  if (!field) return std::nullopt;
  return integer_in(*field, least, most);
}

Result<unsigned> count_at(const JsonView& parent, std::string_view key, unsigned absent, std::int64_t least) {
  const auto field = parent.find(key);
  if (!field) return absent;
  WM_TRY(const std::int64_t count, integer_in(*field, least, kMaxParties));
  return static_cast<unsigned>(count);
}

Result<std::optional<std::chrono::days>> days_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const auto days, optional_integer(parent, key, 0, kMaxDays));
  if (!days) return std::nullopt;
  return std::chrono::days(*days);
}

Result<bool> choice_at(const JsonView& parent, std::string_view key, std::string_view yes, std::string_view no) {
  const auto field = parent.find(key);
  if (!field) return false;
  WM_TRY(const std::string_view text, field->string());
  if (text != yes && text != no) return field->fail(fmt::format("neither {} nor {}", yes, no));
  return text == yes;
}

Result<std::string_view> kind_of(const JsonView& view, std::initializer_list<std::string_view> kinds) {
  std::string_view kind;
  for (const std::string_view one : kinds) {
    if (!view.find(one)) continue;
    if (!kind.empty()) return view.fail(fmt::format("has both {} and {}", kind, one));
    kind = one;
  }
  if (kind.empty()) return view.fail(fmt::format("has none of {}", fmt::join(kinds, ", ")));
  return kind;
}

bool is_sha256(const std::string& text) { return Digest::from_hex(HashAlgorithm::kSha256, text).has_value(); }

}  // namespace weightmark::policies
