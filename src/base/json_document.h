// Reading JSON: a strict parser, and views that turn what is missing or of the wrong
// type into errors. Only json_document.cc knows which library parses.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "weightmark/error.h"

namespace weightmark {

class JsonView;

// JsonLimits bounds what is taken.
struct JsonLimits {
  std::size_t depth = 64;  // FORMAT: nesting 64
};

// JsonDocument is a parsed text, as compact as its text: a statement with 20,000 files
// takes several times as much in the form of Json values.
class JsonDocument {
 public:
  // parse takes one JSON text (RFC 8259) that is UTF-8 without a byte order mark, has
  // no duplicate keys (RFC 7493, section 2.3) and no integers beyond 64 bits.
  // Errors: json-syntax, json-truncated, json-utf8, json-depth, json-duplicate-key,
  // json-number, json-trailing.
  static Result<JsonDocument> parse(std::string_view text, const JsonLimits& limits = {});

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  // root views the whole of it. `code` is what every structural error becomes. Views
  // point into the document, wherever that is moved to.
  JsonView root(ErrorCode code) const;

  struct Parsed;

 private:
  explicit JsonDocument(std::unique_ptr<const Parsed> parsed);

  std::unique_ptr<const Parsed> parsed_;
};

// parse_json takes the same, as a value.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// JsonNode is a place in a document, in the library's own terms.
using JsonNode = std::array<std::uintptr_t, 2>;

class JsonItems;
class JsonMembers;

// JsonView is one value of a document.
class JsonView {
 public:
  JsonView(const JsonDocument::Parsed& document, JsonNode node, ErrorCode code)
      : document_(&document), node_(node), code_(code) {}

  // with_code returns the same value, whose errors have another code.
  JsonView with_code(ErrorCode code) const { return {*document_, node_, code}; }

  // find returns the member `key`, be it null; nothing where this has none.
  std::optional<JsonView> find(std::string_view key) const;

  // has says whether the member is there and not null: proto3 JSON treats null as
  // absent.
  bool has(std::string_view key) const;

  Result<JsonView> member(std::string_view key) const;
  Result<std::string_view> string() const;
  Result<bool> boolean() const;
  // integer also takes a number with a zero fraction, as Python writes
  // 1000000000.0, up to 2^53.
  Result<std::int64_t> integer() const;
  Result<JsonItems> array() const;
  Result<JsonMembers> object() const;

  // only refuses what is no object, and members other than `keys`: for documents of
  // our own, where an unknown member is a slip of the pen.
  Result<void> only(std::initializer_list<std::string_view> keys) const;

  // json copies the value.
  Json json() const;

  // path tells where in the document this is: "predicate.resources[3].digest". It is
  // looked for, so ask only for an error.
  std::string path() const;

  std::unexpected<Error> fail(std::string what) const;

 private:
  std::string_view type_name() const;

  const JsonDocument::Parsed* document_;
  JsonNode node_;
  ErrorCode code_;
};

// JsonRange is what an array and an object have in common.
class JsonRange {
 public:
  // size counts up to 2^24 - 1, above any limit that a caller has.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 protected:
  JsonRange(const JsonDocument::Parsed& document, JsonNode first, JsonNode last, std::size_t size, ErrorCode code)
      : document_(&document), first_(first), last_(last), size_(size), code_(code) {}

  const JsonDocument::Parsed* document_;
  JsonNode first_;
  JsonNode last_;
  std::size_t size_;
  ErrorCode code_;
};

// JsonItems are the values of an array.
class JsonItems : public JsonRange {
 public:
  class Iterator {
   public:
    Iterator(const JsonItems& items, JsonNode at) : items_(&items), at_(at) {}
    JsonView operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const JsonItems* items_;
    JsonNode at_;
  };
  Iterator begin() const { return {*this, first_}; }
  Iterator end() const { return {*this, last_}; }

  // front is the first of at least one.
  JsonView front() const { return *begin(); }

 private:
  friend class JsonView;
  using JsonRange::JsonRange;
};

// JsonMembers are the keys and values of an object, in the order of the text.
class JsonMembers : public JsonRange {
 public:
  class Iterator {
   public:
    Iterator(const JsonMembers& members, JsonNode at) : members_(&members), at_(at) {}
    std::pair<std::string_view, JsonView> operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const JsonMembers* members_;
    JsonNode at_;
  };
  Iterator begin() const { return {*this, first_}; }
  Iterator end() const { return {*this, last_}; }

 private:
  friend class JsonView;
  using JsonRange::JsonRange;
};

}  // namespace weightmark
