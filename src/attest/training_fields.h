// Members of JSON objects and of structures, listed once for reading and for writing.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "weightmark/error.h"

namespace weightmark {

// A function template that is given a FieldReader or a FieldWriter, and the structure,
// names each member with its key; both classes have the same members.
using Choices = std::initializer_list<std::string_view>;

// FieldWriter leaves out what is empty or absent.
class FieldWriter {
 public:
  explicit FieldWriter(std::string_view prefix = {}) : prefix_(prefix) {}

  void text(std::string_view key, const std::string& value);
  void choice(std::string_view key, const std::string& value, Choices) { text(key, value); }
  void decimal(std::string_view key, const std::string& value) { text(key, value); }
  void hex(std::string_view key, const std::string& value) { text(key, value); }
  void number(std::string_view key, std::int64_t value) { add(key, value); }
  void number(std::string_view key, const std::optional<std::int64_t>& value);
  void flag(std::string_view key, bool value) { add(key, value); }
  void flag(std::string_view key, const std::optional<bool>& value);
  void texts(std::string_view key, const std::vector<std::string>& values);
  void decimals(std::string_view key, const std::vector<std::string>& values) { texts(key, values); }
  void pairs(std::string_view key, const std::vector<std::pair<std::string, std::string>>& values);
  void decimal_pairs(std::string_view key, const std::vector<std::pair<std::string, std::string>>& values) {
    pairs(key, values);
  }
  void scalars(std::string_view key, const JsonObject& values);

  template <class Fields>
  void object(std::string_view key, Fields fields) {
    FieldWriter inner;
    fields(inner);
    if (!inner.members_.empty()) add(key, Json::object(std::move(inner.members_)));
  }

  template <class T, class Fields>
  void optional_object(std::string_view key, const std::optional<T>& value, Fields fields) {
    if (value) object(key, [&](FieldWriter& inner) { fields(inner, *value); });
  }

  template <class T, class Fields>
  void objects(std::string_view key, const std::vector<T>& values, Fields fields) {
    JsonArray items;
    for (const T& value : values) {
      FieldWriter inner;
      fields(inner, value);
      items.push_back(Json::object(std::move(inner.members_)));
    }
    if (!items.empty()) add(key, std::move(items));
  }

  JsonObject take() && { return std::move(members_); }

 private:
  void add(std::string_view key, Json value) { members_.emplace_back(std::string(prefix_) + std::string(key), std::move(value)); }

  std::string_view prefix_;
  JsonObject members_;
};

// FieldReader leaves members as they are where a key is absent. After the first error,
// which it keeps, it reads no more.
class FieldReader {
 public:
  // `path` is what errors call the object.
  FieldReader(const JsonObject& members, std::string path, std::string_view prefix = {})
      : members_(&members), path_(std::move(path)), prefix_(prefix) {}

  void text(std::string_view key, std::string& value);
  void choice(std::string_view key, std::string& value, Choices choices);
  void decimal(std::string_view key, std::string& value);
  void hex(std::string_view key, std::string& value);      // SHA-256, lower case
  void number(std::string_view key, std::int64_t& value);  // not negative
  void number(std::string_view key, std::optional<std::int64_t>& value);
  void flag(std::string_view key, bool& value);
  void flag(std::string_view key, std::optional<bool>& value);
  void texts(std::string_view key, std::vector<std::string>& values);
  void decimals(std::string_view key, std::vector<std::string>& values);
  void pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& values);
  void decimal_pairs(std::string_view key, std::vector<std::pair<std::string, std::string>>& values);
  void scalars(std::string_view key, JsonObject& values);

  template <class Fields>
  void object(std::string_view key, Fields fields) {
    const auto* members = take<JsonObject>(key, "an object");
    if (members == nullptr) return;
    FieldReader inner(*members, path_ + "." + std::string(key));
    fields(inner);
    adopt(inner);
  }

  template <class T, class Fields>
  void optional_object(std::string_view key, std::optional<T>& value, Fields fields) {
    object(key, [&](FieldReader& inner) { fields(inner, value.emplace()); });
  }

  template <class T, class Fields>
  void objects(std::string_view key, std::vector<T>& values, Fields fields) {
    const auto* items = take<JsonArray>(key, "a list");
    if (items == nullptr) return;
    for (const Json& item : *items) {
      const auto* members = item.as<JsonObject>();
      if (members == nullptr) return fail(key, "has an item that is not an object");
      FieldReader inner(*members, path_ + "." + std::string(key));
      fields(inner, values.emplace_back());
      adopt(inner);
    }
  }

  // unknown names a member that no field asked for, in this object or one within; "" where
  // there is none.
  std::string unknown() const;

  // Errors: provenance-malformed.
  Result<void> result() const;

 private:
  const Json* find(std::string_view key);
  template <class T>
  const T* take(std::string_view key, std::string_view type);
  void fail(std::string_view key, std::string_view what);
  void adopt(const FieldReader& inner);
  bool check_decimal(std::string_view key, std::string_view text);

  const JsonObject* members_;
  std::string path_;
  std::string_view prefix_;
  std::set<std::string, std::less<>> known_;
  std::string unknown_within_;
  std::optional<Error> error_;
};

}  // namespace weightmark
