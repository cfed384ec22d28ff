#include "trust/canonical_json.h"

#include "base/refuse.h"
#include "base/try.h"

namespace weightmark {
namespace {

Result<void> write(const Json& value, std::string& out);

void write(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

Result<void> write(const JsonArray& items, std::string& out) {
  out += '[';
  for (bool first = true; const Json& item : items) {
    if (!std::exchange(first, false)) out += ',';
    WM_CHECK(write(item, out));
  }
  out += ']';
  return {};
}

// A Json's members are sorted by the bytes of their keys, which for UTF-8 is the order
// of the characters.
Result<void> write(const JsonObject& members, std::string& out) {
  out += '{';
  for (bool first = true; const auto& [key, value] : members) {
    if (!std::exchange(first, false)) out += ',';
    write(std::string_view(key), out);
    out += ':';
    WM_CHECK(write(value, out));
  }
  out += '}';
  return {};
}

Result<void> write(const Json& value, std::string& out) {
  if (const auto* members = value.as<JsonObject>()) return write(*members, out);
  if (const auto* items = value.as<JsonArray>()) return write(*items, out);
  if (const auto* text = value.as<std::string>())
    write(std::string_view(*text), out);
  else if (const auto* integer = value.as<std::int64_t>())
    out += std::to_string(*integer);
  else if (const auto* boolean = value.as<bool>())
    out += *boolean ? "true" : "false";
  else if (value.is_null())
    out += "null";
  else
    return refuse(ErrorCode::kTufMalformed, "a number with a fraction cannot be signed", "signed");
  return {};
}

}  // namespace

Result<std::string> canonical_json(const Json& value) {
  std::string out;
  WM_CHECK(write(value, out));
  return out;
}

}  // namespace weightmark
