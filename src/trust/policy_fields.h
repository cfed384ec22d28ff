// Fields of policies. A null is of the wrong type, not absent: what was meant is unclear.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_document.h"
#include "base/try.h"
#include "weightmark/error.h"

namespace weightmark::policies {

// The most patterns, digests or names that one field lists.
inline constexpr std::size_t kMaxItems = 65'536;
inline constexpr std::int64_t kMaxDays = 3650;

// text_in takes a text that is not empty.
Result<std::string> text_in(const JsonView& field);

// text_at takes the member `key`, which must be there.
Result<std::string> text_at(const JsonView& parent, std::string_view key);

Result<std::optional<std::string>> optional_text(const JsonView& parent, std::string_view key);

// texts_at takes a list of at least one text.
Result<std::vector<std::string>> texts_at(const JsonView& parent, std::string_view key);

// optional_texts is empty where the field is absent.
Result<std::vector<std::string>> optional_texts(const JsonView& parent, std::string_view key);

// optional_integer takes a whole number from `least` to `most`.
Result<std::optional<std::int64_t>> optional_integer(const JsonView& parent, std::string_view key, std::int64_t least,
                                                     std::int64_t most);

// count_at takes a number of parties; `absent` where there is none.
Result<unsigned> count_at(const JsonView& parent, std::string_view key, unsigned absent, std::int64_t least);

Result<std::optional<std::chrono::days>> days_at(const JsonView& parent, std::string_view key);

// choice_at says whether the field is `yes`; absent, it is `no`.
Result<bool> choice_at(const JsonView& parent, std::string_view key, std::string_view yes, std::string_view no);

// kind_of refuses what has none, or more than one, of the members `kinds`.
Result<std::string_view> kind_of(const JsonView& view, std::initializer_list<std::string_view> kinds);

// is_sha256 says whether the text is the digest's 64 lower-case digits.
bool is_sha256(const std::string& text);

// parse_named takes an object of at least one entry, each with a name of the author's choice.
template <class Item, class Parse>
Result<std::vector<Item>> parse_named(const JsonView& parent, std::string_view key, std::size_t limit, Parse parse) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonMembers members, field.object());
  if (members.empty() || members.size() > limit) return field.fail(fmt::format("{} entries", members.size()));
  std::vector<Item> items;
  for (const auto& [name, view] : members) {
    if (name.empty()) return field.fail("has an entry without a name");
    WM_TRY(Item item, parse(name, view));
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace weightmark::policies
