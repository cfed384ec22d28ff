// JSON behind a facade: a strict parser, an immutable value, a canonical writer.
// Only json.cc knows which library parses.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/error.h"

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

  // take moves the member `key` out and leaves null in its place; null when there is
  // none. A statement's resources can take most of a program's memory.
  Json take(std::string_view key);

  // take_items moves an array's items out; none when it is no array.
  JsonArray take_items();

  // type_name returns "null", "a boolean", "an integer", "a number", "a string",
  // "an array" or "an object".
  std::string_view type_name() const;

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

// JsonLimits bounds what parse_json takes before it takes memory for it.
struct JsonLimits {
  int depth = 64;  // FORMAT: nesting 64
};

// parse_json takes one JSON text (RFC 8259) that is UTF-8 without a byte order
// mark, has no duplicate keys (RFC 7493, section 2.3) and no integers beyond
// 64 bits.
// Errors: json-syntax, json-truncated, json-utf8, json-depth,
// json-duplicate-key, json-number, json-trailing.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// write_json writes compact JSON with sorted keys and real UTF-8: one spelling
// for every value, which parse_json takes back as an equal one. Escapes only what
// RFC 8259 demands, as RFC 8785 does. Numbers that are no integers keep a fraction
// or an exponent; what JSON has no number for becomes null.
std::string write_json(const Json& value);

// write_json_indented writes the same for people: two spaces, one member a line.
std::string write_json_indented(const Json& value);

class JsonItems;

// JsonView walks a parsed value and turns what is missing or of the wrong type
// into errors with one code and the path of the field.
class JsonView {
 public:
  // `code` is what every structural error becomes; `path` names the root.
  JsonView(const Json& value, ErrorCode code, std::string path = {})
      : value_(&value), code_(code), path_(std::move(path)) {}

  const Json& json() const { return *value_; }
  const std::string& path() const { return path_; }

  // has says whether the member is there and not null: proto3 JSON treats null
  // as absent.
  bool has(std::string_view key) const;

  Result<JsonView> member(std::string_view key) const;
  Result<std::string_view> string() const;
  Result<bool> boolean() const;
  // integer also takes a number with a zero fraction, as Python writes
  // 1000000000.0, up to 2^53.
  Result<std::int64_t> integer() const;
  Result<JsonItems> array() const;
  Result<const JsonObject*> object() const;

  // only refuses what is no object, and members other than `keys`: for documents of
  // our own, where an unknown member is a slip of the pen.
  Result<void> only(std::initializer_list<std::string_view> keys) const;

  std::unexpected<Error> fail(std::string what) const;

 private:
  const Json* value_;
  ErrorCode code_;
  std::string path_;
};

// JsonItems is an array whose views are made one at a time, so that looking at its
// size first costs nothing, however many items somebody put there.
class JsonItems {
 public:
  JsonItems(const JsonArray& items, ErrorCode code, std::string path)
      : items_(&items), code_(code), path_(std::move(path)) {}

  std::size_t size() const { return items_->size(); }
  bool empty() const { return items_->empty(); }
  const std::string& path() const { return path_; }
  JsonView operator[](std::size_t index) const;

  class Iterator {
   public:
    Iterator(const JsonItems& items, std::size_t index) : items_(&items), index_(index) {}
    JsonView operator*() const { return (*items_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const JsonItems* items_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

 private:
  const JsonArray* items_;
  ErrorCode code_;
  std::string path_;
};

}  // namespace weightmark
