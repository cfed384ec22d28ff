#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace weightmark {
namespace {

bool by_key(const std::pair<std::string, Json>& a, const std::pair<std::string, Json>& b) { return a.first < b.first; }

// is_plain says whether a character stands for itself in a string (RFC 8785, section
// 3.2.2.2).
bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

std::string escaped(char c) {
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\b': return "\\b";
    case '\f': return "\\f";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: return fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

Json Json::object(JsonObject members) {
  std::stable_sort(members.begin(), members.end(), by_key);
  Json json;
  json.value_ = std::move(members);
  return json;
}

const Json* Json::find(std::string_view key) const {
  const auto* members = as<JsonObject>();
  if (members == nullptr) return nullptr;
  auto found = std::lower_bound(members->begin(), members->end(), key,
                                [](const auto& member, std::string_view wanted) { return member.first < wanted; });
  return found != members->end() && found->first == key ? &found->second : nullptr;
}

void JsonWriter::key(std::string_view key) {
  begin_item();
  write_string(key);
  out_ += layout_ == Layout::kIndented ? ": " : ":";
  after_key_ = true;
}

void JsonWriter::value(const Json& value) {
  if (const auto* array = value.as<JsonArray>()) {
    begin_array();
    for (const Json& item : *array) this->value(item);
    return end_array();
  }
  if (const auto* object = value.as<JsonObject>()) {
    begin_object();
    for (const auto& [name, member] : *object) {
      key(name);
      this->value(member);
    }
    return end_object();
  }
  if (const auto* text = value.as<std::string>()) return string(*text);
  begin_item();
  if (const auto* integer = value.as<std::int64_t>())
    out_ += std::to_string(*integer);
  else if (const auto* number = value.as<double>())
    write_number(*number);
  else if (const auto* boolean = value.as<bool>())
    out_ += *boolean ? "true" : "false";
  else
    out_ += "null";
}

void JsonWriter::string(std::string_view text) {
  begin_item();
  write_string(text);
}

void JsonWriter::verbatim(std::string_view json) {
  begin_item();
  out_ += json;
}

void JsonWriter::open(char bracket) {
  begin_item();
  out_ += bracket;
  ++depth_;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  --depth_;
  if (!first_) new_line();
  out_ += bracket;
  first_ = false;
}

// begin_item writes what goes before a value or a key.
void JsonWriter::begin_item() {
  if (std::exchange(after_key_, false) || depth_ == 0) return;
  if (!std::exchange(first_, false)) out_ += ',';
  new_line();
}

void JsonWriter::new_line() {
  if (layout_ == Layout::kCompact) return;
  out_ += '\n';
  out_.append(2 * depth_, ' ');
}

void JsonWriter::write_string(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
    out_ += text.substr(0, plain);
    if (plain < text.size()) out_ += escaped(text[plain]);
    text.remove_prefix(std::min(plain + 1, text.size()));
  }
  out_ += '"';
}

// A whole number keeps ".0", or it would be read back as an integer.
void JsonWriter::write_number(double number) {
  std::string text = std::isfinite(number) ? fmt::format("{}", number) : "null";
  if (std::isfinite(number) && text.find_first_of(".e") == std::string::npos) text += ".0";
  out_ += text;
}

std::string write_json(const Json& value) {
  JsonWriter writer;
  writer.value(value);
  return std::move(writer).take();
}

std::string write_json_indented(const Json& value) {
  JsonWriter writer(JsonWriter::Layout::kIndented);
  writer.value(value);
  return std::move(writer).take() + "\n";
}

}  // namespace weightmark
