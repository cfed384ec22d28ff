// JSON values and a canonical writer. json_document.h reads.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weightmark {

class Json;
using JsonArray = std::vector<Json>;
// The members are sorted by key, each key once.
using JsonObject = std::vector<std::pair<std::string, Json>>;

// Json is a JSON value. Integers keep all 64 bits.
class Json {
 public:
  using Value = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, JsonArray, JsonObject>;

  Json() : value_(nullptr) {}
  // Implicit, so that documents can be written as they look.
  Json(std::same_as<bool> auto value) : value_(value) {}
  Json(std::integral auto value)
    requires(!std::same_as<decltype(value), bool>)
      : value_(static_cast<std::int64_t>(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(JsonArray value) : value_(std::move(value)) {}
  explicit Json(double value) : value_(value) {}

  // object sorts `members`, whose keys differ.
  static Json object(JsonObject members);

  // of makes an object of keys and values in turn. It moves them, where the list of
  // an initializer can only be copied: for what may be large.
  template <class... KeysAndValues>
  static Json of(KeysAndValues&&... rest) {
    JsonObject members;
    members.reserve(sizeof...(rest) / 2);
    append_members(members, std::forward<KeysAndValues>(rest)...);
    return object(std::move(members));
  }

  template <class T>
  const T* as() const {
    return std::get_if<T>(&value_);
  }
  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }

  // find returns the member `key`, or null when this is no object or has none.
  const Json* find(std::string_view key) const;

  friend bool operator==(const Json&, const Json&) = default;

 private:
  static void append_members(JsonObject&) {}
  template <class Value, class... Rest>
  static void append_members(JsonObject& members, std::string_view key, Value&& value, Rest&&... rest) {
    members.emplace_back(key, Json(std::forward<Value>(value)));
    append_members(members, std::forward<Rest>(rest)...);
  }

  Value value_;
};

// JsonWriter writes JSON piece by piece: documents that are too large to be built as
// values first. Its caller sees to it that keys come sorted, and each once.
class JsonWriter {
 public:
  enum class Layout {
    kCompact,   // without any white space
    kIndented,  // for people: two spaces, one member a line
  };

  explicit JsonWriter(Layout layout = Layout::kCompact) : layout_(layout) {}

  // reserve makes room for a text of about that many bytes.
  void reserve(std::size_t size) { out_.reserve(size); }

  void begin_object() { open('{'); }
  void key(std::string_view key);
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void value(const Json& value);
  void string(std::string_view text);
  // verbatim writes a value that is JSON already, as it is spelled.
  void verbatim(std::string_view json);

  std::string take() && { return std::move(out_); }

 private:
  void open(char bracket);
  void close(char bracket);
  void begin_item();
  void new_line();
  void write_string(std::string_view text);
  void write_number(double number);

  Layout layout_;
  std::size_t depth_ = 0;
  bool first_ = true;       // of the list under way
  bool after_key_ = false;  // a value comes next
  std::string out_;
};

// write_json writes compact JSON with sorted keys and real UTF-8: one spelling
// for every value, which parse_json takes back as an equal one. Escapes only what
// RFC 8259 demands, as RFC 8785 does. Numbers that are no integers keep a fraction
// or an exponent; what JSON has no number for becomes null.
std::string write_json(const Json& value);

// write_json_indented writes the same for people.
std::string write_json_indented(const Json& value);

}  // namespace weightmark
