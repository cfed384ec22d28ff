#include "attest/training_fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "attest/training.h"
#include "base/text.h"
#include "weightmark/digest.h"

namespace weightmark {

void FieldWriter::text(std::string_view key, const std::string& value) {
  if (!value.empty()) add(key, value);
}

void FieldWriter::number(std::string_view key, const std::optional<std::int64_t>& value) {
  if (value) add(key, *value);
}

void FieldWriter::flag(std::string_view key, const std::optional<bool>& value) {
  if (value) add(key, *value);
}

void FieldWriter::texts(std::string_view key, const std::vector<std::string>& values) {
  if (!values.empty()) add(key, JsonArray(values.begin(), values.end()));
}

void FieldWriter::pairs(std::string_view key, const std::vector<std::pair<std::string, std::string>>& values) {
  if (!values.empty()) add(key, Json::object(JsonObject(values.begin(), values.end())));
}

void FieldWriter::scalars(std::string_view key, const JsonObject& values) {
  if (!values.empty()) add(key, Json::object(values));
}

const Json* FieldReader::find(std::string_view key) {
  const std::string name = std::string(prefix_) + std::string(key);
  known_.insert(name);
  if (error_) return nullptr;
  const auto found = std::ranges::find(*members_, name, &JsonObject::value_type::first);
  return found == members_->end() || found->second.is_null() ? nullptr : &found->second;
}

template <class T>
const T* FieldReader::take(std::string_view key, std::string_view type) {
  const Json* json = find(key);
  if (json == nullptr) return nullptr;
  const T* value = json->as<T>();
  if (value == nullptr) fail(key, fmt::format("is not {}", type));
  return value;
}

template const JsonObject* FieldReader::take(std::string_view key, std::string_view type);
template const JsonArray* FieldReader::take(std::string_view key, std::string_view type);

void FieldReader::fail(std::string_view key, std::string_view what) {
  if (!error_)
    error_ = Error{ErrorCode::kProvenanceMalformed, std::string(what), fmt::format("{}.{}{}", path_, prefix_, key), {}};
}

void FieldReader::adopt(const FieldReader& inner) {
  if (!error_) error_ = inner.error_;
  if (unknown_within_.empty()) unknown_within_ = inner.unknown();
}

bool FieldReader::check_decimal(std::string_view key, std::string_view text) {
  if (weightmark::decimal(text)) return true;
  fail(key, fmt::format("has \"{}\", which is no decimal number", excerpt(text, 64)));
  return false;
}

void FieldReader::text(std::string_view key, std::string& value) {
  if (const auto* found = take<std::string>(key, "a text")) value = *found;
}

void FieldReader::choice(std::string_view key, std::string& value, Choices choices) {
  const auto* found = take<std::string>(key, "a text");
  if (found == nullptr) return;
  if (std::ranges::find(choices, *found) == choices.end())
    return fail(key, fmt::format("is \"{}\", none of {}", excerpt(*found, 64), fmt::join(choices, ", ")));
  value = *found;
}

void FieldReader::decimal(std::string_view key, std::string& value) {
  if (const auto* found = take<std::string>(key, "a decimal number as text"); found && check_decimal(key, *found))
    value = *found;
}

void FieldReader::hex(std::string_view key, std::string& value) {
  const auto* found = take<std::string>(key, "a text");
  if (found == nullptr) return;
  if (!Digest::from_hex(HashAlgorithm::kSha256, *found)) return fail(key, "is no SHA-256 in lower-case hex");
  value = *found;
}

void FieldReader::number(std::string_view key, std::int64_t& value) {
  const auto* found = take<std::int64_t>(key, "a whole number");
  if (found == nullptr) return;
  if (*found < 0) return fail(key, "is negative");
  value = *found;
}

void FieldReader::number(std::string_view key, std::optional<std::int64_t>& value) {
  std::int64_t number = -1;
  this->number(key, number);
  if (number >= 0) value = number;
}

void FieldReader::flag(std::string_view key, bool& value) {
  if (const auto* found = take<bool>(key, "true or false")) value = *found;
}

void FieldReader::flag(std::string_view key, std::optional<bool>& value) {
  if (const auto* found = take<bool>(key, "true or false")) value = *found;
}

void FieldReader::texts(std::string_view key, std::vector<std::string>& values) {
  const auto* items = take<JsonArray>(key, "a list");
  if (items == nullptr) return;
  for (const Json& item : *items) {
    const auto* text = item.as<std::string>();
    if (text == nullptr) return fail(key, "has an item that is not a text");
    values.push_back(*text);
  }
}

void FieldReader::decimals(std::string_view key, std::vector<std::string>& values) {
  texts(key, values);
  std::ranges::all_of(values, [&](const std::string& text) { return check_decimal(key, text); });
}

void FieldReader::pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& values) {
  const auto* members = take<JsonObject>(key, "an object");
  if (members == nullptr) return;
  for (const auto& [name, value] : *members) {
    const auto* text = value.as<std::string>();
    if (text == nullptr) return fail(key, fmt::format("has \"{}\", which is not a text", excerpt(name, 64)));
    values.emplace_back(name, *text);
  }
}

void FieldReader::decimal_pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& values) {
  pairs(key, values);
  std::ranges::all_of(values, [&](const auto& pair) { return check_decimal(key, pair.second); });
}

void FieldReader::scalars(std::string_view key, JsonObject& values) {
  const auto* members = take<JsonObject>(key, "an object");
  if (members == nullptr) return;
  for (const auto& [name, value] : *members)
    if (value.as<std::string>() == nullptr && value.as<std::int64_t>() == nullptr && value.as<bool>() == nullptr)
      return fail(key, fmt::format("has \"{}\", which is no text, whole number, true or false", excerpt(name, 64)));
  values = *members;
}

std::string FieldReader::unknown() const {
  for (const auto& [key, value] : *members_)
    if (!known_.contains(key)) return fmt::format("{}.{}", path_, excerpt(key, 64));
  return unknown_within_;
}

Result<void> FieldReader::result() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

}  // namespace weightmark
