#include "base/json_document.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {

namespace dom = simdjson::dom;

struct JsonDocument::Parsed {
  dom::document document;
};

namespace {

// The library refers to what it parsed by a pointer and an index.
JsonNode node_of(auto reference) { return std::bit_cast<JsonNode>(reference); }
dom::element element_at(const JsonNode& node) { return std::bit_cast<dom::element>(node); }

// Of an element whose type is known.
dom::array array_at(dom::element element) { return element.get_array().value_unsafe(); }
dom::object object_at(dom::element element) { return element.get_object().value_unsafe(); }

// --- What is wrong with a text that the library refused

// Extent is how far the first value of a text goes, by its quotes and brackets.
struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t depth = 0;  // the deepest level
  bool closed = false;
};

constexpr std::string_view kSpace = " \t\r\n";

// end_of_string returns where the string that begins at `at` ends, behind its quote.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return std::string_view::npos;
}

Extent extent_of_container(std::string_view text, std::size_t begin) {
  Extent extent{begin, text.size(), 0, false};
  std::size_t depth = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '"') {
      i = end_of_string(text, i);
      if (i == std::string_view::npos) return extent;
      --i;
    } else if (text[i] == '{' || text[i] == '[') {
      extent.depth = std::max(extent.depth, ++depth);
    } else if (text[i] == '}' || text[i] == ']') {
      if (--depth == 0) return {begin, i + 1, extent.depth, true};
    }
  }
  return extent;
}

Extent extent_of(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {0, text.size(), 0, false};
  if (text[begin] == '{' || text[begin] == '[') return extent_of_container(text, begin);
  const std::size_t end = text[begin] == '"' ? end_of_string(text, begin) : text.find_first_of(kSpace, begin);
  const bool closed = end != std::string_view::npos || text[begin] != '"';
  return {begin, std::min(end, text.size()), 0, closed};
}

bool is_well_formed(std::string_view text) {
  dom::parser parser;
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

std::unexpected<Error> too_deep(const JsonLimits& limits) {
  return refuse(ErrorCode::kJsonDepth, fmt::format("nested deeper than {} levels", limits.depth));
}

// diagnose words why a text was refused. The library has one error for most of it;
// people want to know whether a download ended early.
std::unexpected<Error> diagnose(std::string_view text, simdjson::error_code error, const JsonLimits& limits) {
  if (!is_utf8(text)) return refuse(ErrorCode::kJsonUtf8, "not valid UTF-8");
  const Extent first = extent_of(text);
  if (first.depth > limits.depth) return too_deep(limits);
  if (!first.closed) return refuse(ErrorCode::kJsonTruncated, "the text ends too early");
  const std::size_t rest = text.find_first_not_of(kSpace, first.end);
  if (rest != std::string_view::npos && is_well_formed(text.substr(first.begin, first.end - first.begin)))
    return refuse(ErrorCode::kJsonTrailing, fmt::format("bytes follow the value at byte {}", rest));
  if (error == simdjson::NUMBER_ERROR)
    return refuse(ErrorCode::kJsonNumber, "a number is malformed, or beyond 64 bits");
  return refuse(ErrorCode::kJsonSyntax, "not well-formed");
}

// --- What the library takes and we do not

// Inspection goes through a whole document.
class Inspection {
 public:
  explicit Inspection(const JsonLimits& limits) : limits_(limits) {}

  Result<void> inspect(dom::element element, std::size_t depth = 0) {
    switch (element.type()) {
      case dom::element_type::ARRAY: return inspect_array(array_at(element), depth + 1);
      case dom::element_type::OBJECT: return inspect_object(object_at(element), depth + 1);
      case dom::element_type::UINT64: return refuse(ErrorCode::kJsonNumber, "an integer is beyond 64 bits");
      default: return {};
    }
  }

 private:
  Result<void> inspect_array(dom::array array, std::size_t depth) {
    if (depth > limits_.depth) return too_deep(limits_);
    for (dom::element item : array) WM_CHECK(inspect(item, depth));
    return {};
  }

  Result<void> inspect_object(dom::object object, std::size_t depth) {
    if (depth > limits_.depth) return too_deep(limits_);
    const std::size_t mark = keys_.size();
    for (dom::key_value_pair member : object) keys_.push_back(member.key);
    const auto own = std::span(keys_).subspan(mark);
    std::ranges::sort(own);
    const auto twice = std::ranges::adjacent_find(own);
    if (twice != own.end())
      return refuse(ErrorCode::kJsonDuplicateKey, fmt::format("the key \"{}\" is there twice", excerpt(*twice)));
    keys_.resize(mark);
    for (dom::key_value_pair member : object) WM_CHECK(inspect(member.value, depth));
    return {};
  }

  const JsonLimits& limits_;
  std::vector<std::string_view> keys_;  // of the object under way
};

// --- Values

Json value_of(dom::element element) {
  switch (element.type()) {
    case dom::element_type::ARRAY: {
      JsonArray items;
      for (dom::element item : array_at(element)) items.push_back(value_of(item));
      return Json(std::move(items));
    }
    case dom::element_type::OBJECT: {
      JsonObject members;
      for (dom::key_value_pair member : object_at(element)) members.emplace_back(member.key, value_of(member.value));
      return Json::object(std::move(members));
    }
    case dom::element_type::STRING: return Json(element.get_string().value_unsafe());
    case dom::element_type::INT64: return Json(element.get_int64().value_unsafe());
    case dom::element_type::DOUBLE: return Json(element.get_double().value_unsafe());
    case dom::element_type::BOOL: return Json(element.get_bool().value_unsafe());
    default: return {};
  }
}

// append_path appends how `wanted` is reached from `element`, where it is.
bool append_path(dom::element element, const JsonNode& wanted, std::string& path) {
  if (node_of(element) == wanted) return true;
  const std::size_t mark = path.size();
  if (element.is_array()) {
    std::size_t index = 0;
    for (dom::element item : array_at(element)) {
      path += fmt::format("[{}]", index++);
      if (append_path(item, wanted, path)) return true;
      path.resize(mark);
    }
  } else if (element.is_object()) {
    for (dom::key_value_pair member : object_at(element)) {
      if (mark > 0) path += '.';
      path += excerpt(member.key);
      if (append_path(member.value, wanted, path)) return true;
      path.resize(mark);
    }
  }
  return false;
}

}  // namespace

// --- JsonDocument

Result<JsonDocument> JsonDocument::parse(std::string_view text, const JsonLimits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) return refuse(ErrorCode::kJsonSyntax, "begins with a byte order mark");
  auto parsed = std::make_unique<Parsed>();
  dom::parser parser;
  constexpr std::size_t kLeast = 32;  // below, the library would allocate again, for its own depth
  // It refuses what lies at its depth, and takes what is empty one level deeper.
  simdjson::error_code error = parser.allocate(std::max(text.size(), kLeast), limits.depth + 1);
  if (error == simdjson::SUCCESS)
    error = parser.parse_into_document(parsed->document, text.data(), text.size(), true).error();
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  if (error != simdjson::SUCCESS) return diagnose(text, error, limits);
  WM_CHECK(Inspection(limits).inspect(parsed->document.root()));
  return JsonDocument(std::move(parsed));
}

JsonDocument::JsonDocument(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

JsonView JsonDocument::root(ErrorCode code) const { return {*parsed_, node_of(parsed_->document.root()), code}; }

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  WM_TRY(JsonDocument document, JsonDocument::parse(text, limits));
  return document.root(ErrorCode::kJsonSyntax).json();
}

// --- JsonView

std::optional<JsonView> JsonView::find(std::string_view key) const {
  const dom::element element = element_at(node_);
  dom::element found;
  if (!element.is_object() || element.at_key(key).get(found) != simdjson::SUCCESS) return std::nullopt;
  return JsonView(*document_, node_of(found), code_);
}

bool JsonView::has(std::string_view key) const {
  const std::optional<JsonView> member = find(key);
  return member && !element_at(member->node_).is_null();
}

Result<JsonView> JsonView::member(std::string_view key) const {
  if (std::optional<JsonView> found = find(key)) return *found;
  WM_CHECK(object());
  const std::string parent = path();
  return refuse(code_, "missing", fmt::format("{}{}{}", parent, parent.empty() ? "" : ".", key));
}

Result<std::string_view> JsonView::string() const {
  std::string_view text;
  if (element_at(node_).get_string().get(text) == simdjson::SUCCESS) return text;
  return fail(fmt::format("expected a string, found {}", type_name()));
}

Result<bool> JsonView::boolean() const {
  bool value = false;
  if (element_at(node_).get_bool().get(value) == simdjson::SUCCESS) return value;
  return fail(fmt::format("expected a boolean, found {}", type_name()));
}

Result<std::int64_t> JsonView::integer() const {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const dom::element element = element_at(node_);
  if (element.is_int64()) return element.get_int64().value_unsafe();
  const double number = element.is_double() ? element.get_double().value_unsafe() : 0.5;
  if (std::trunc(number) == number && std::abs(number) <= kExact) return static_cast<std::int64_t>(number);
  return fail(fmt::format("expected an integer, found {}", type_name()));
}

Result<JsonItems> JsonView::array() const {
  dom::array array;
  if (element_at(node_).get_array().get(array) != simdjson::SUCCESS)
    return fail(fmt::format("expected an array, found {}", type_name()));
  return JsonItems(*document_, node_of(array.begin()), node_of(array.end()), array.size(), code_);
}

Result<JsonMembers> JsonView::object() const {
  dom::object object;
  if (element_at(node_).get_object().get(object) != simdjson::SUCCESS)
    return fail(fmt::format("expected an object, found {}", type_name()));
  return JsonMembers(*document_, node_of(object.begin()), node_of(object.end()), object.size(), code_);
}

Result<void> JsonView::only(std::initializer_list<std::string_view> keys) const {
  WM_TRY(JsonMembers members, object());
  for (const auto& [key, value] : members)
    if (std::ranges::find(keys, key) == keys.end()) return fail(fmt::format("unknown member \"{}\"", excerpt(key)));
  return {};
}

Json JsonView::json() const { return value_of(element_at(node_)); }

std::string JsonView::path() const {
  std::string path;
  append_path(document_->document.root(), node_, path);
  return path;
}

std::unexpected<Error> JsonView::fail(std::string what) const { return refuse(code_, std::move(what), path()); }

std::string_view JsonView::type_name() const {
  switch (element_at(node_).type()) {
    case dom::element_type::ARRAY: return "an array";
    case dom::element_type::OBJECT: return "an object";
    case dom::element_type::STRING: return "a string";
    case dom::element_type::DOUBLE: return "a number";
    case dom::element_type::BOOL: return "a boolean";
    case dom::element_type::NULL_VALUE: return "null";
    default: return "an integer";
  }
}

// --- Iterators

JsonView JsonItems::Iterator::operator*() const {
  return {*items_->document_, node_of(*std::bit_cast<dom::array::iterator>(at_)), items_->code_};
}

JsonItems::Iterator& JsonItems::Iterator::operator++() {
  at_ = node_of(++std::bit_cast<dom::array::iterator>(at_));
  return *this;
}

std::pair<std::string_view, JsonView> JsonMembers::Iterator::operator*() const {
  const auto at = std::bit_cast<dom::object::iterator>(at_);
  return {at.key(), JsonView(*members_->document_, node_of(at.value()), members_->code_)};
}

JsonMembers::Iterator& JsonMembers::Iterator::operator++() {
  at_ = node_of(++std::bit_cast<dom::object::iterator>(at_));
  return *this;
}

}  // namespace weightmark
