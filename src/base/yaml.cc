#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

// Event owns one event of the parser.
class Event {
 public:
  Event() = default;
  ~Event() { ::yaml_event_delete(&event_); }
  Event(Event&& other) noexcept : event_(std::exchange(other.event_, {})) {}
  Event& operator=(Event&&) = delete;

  yaml_event_t* get() { return &event_; }
  const yaml_event_t* operator->() const { return &event_; }

 private:
  yaml_event_t event_{};
};

std::string_view text_of(const yaml_char_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// means_something_else says whether some parser takes a plain word for a boolean or for
// nothing (YAML 1.1, types bool and null; YAML 1.2, section 10.3.2).
bool means_something_else(std::string_view word) {
  static constexpr auto kWords =
      std::to_array<std::string_view>({"", "~", "false", "n", "no", "null", "off", "on", "true", "y", "yes"});
  return std::ranges::find(kWords, lower(word)) != kWords.end();
}

// decimal takes what every parser reads as that integer: no leading zeros, which are
// octal to some, and at most 18 digits.
std::optional<std::int64_t> decimal(std::string_view word) {
  const std::string_view digits = word.starts_with('-') ? word.substr(1) : word;
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || digits.size() > 18 || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  if (digits.front() == '0' && word != "0") return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

// Size is how many values a value is made of, and how deep it goes.
struct Size {
  std::size_t nodes = 1;
  std::size_t height = 1;
};

Size size_of(const Json& value) {
  Size size;
  const auto add = [&](const Json& item) {
    const Size inner = size_of(item);
    size.nodes += inner.nodes;
    size.height = std::max(size.height, inner.height + 1);
  };
  if (const auto* items = value.as<JsonArray>())
    for (const Json& item : *items) add(item);
  if (const auto* members = value.as<JsonObject>())
    for (const auto& [key, member] : *members) add(member);
  return size;
}

enum class Dialect : std::uint8_t { kStrict, kLenient };

class Reader {
 public:
  Reader(std::string_view text, Dialect dialect, ErrorCode code, const YamlLimits& limits)
      : lenient_(dialect == Dialect::kLenient), code_(code), limits_(limits) {
    ready_ = ::yaml_parser_initialize(&parser_) != 0;
    if (!ready_) return;
    ::yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    ::yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Reader() {
    if (ready_) ::yaml_parser_delete(&parser_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Result<Json> document() {
    if (!ready_) return refuse(ErrorCode::kInternal, "out of memory");
    WM_CHECK(expect(YAML_STREAM_START_EVENT, "nothing is here"));
    WM_TRY(Event start, next());
    if (lenient_ && start->type == YAML_STREAM_END_EVENT) return Json();
    if (start->type != YAML_DOCUMENT_START_EVENT) return fail(start, "there is no document");
    const auto& head = start->data.document_start;
    if (head.version_directive != nullptr || head.tag_directives.start != head.tag_directives.end)
      return fail(start, "directives are not taken");
    WM_TRY(Event first, next());
    WM_TRY(Json root, value(first, 1));
    WM_CHECK(expect(YAML_DOCUMENT_END_EVENT, "the document does not end"));
    WM_CHECK(expect(YAML_STREAM_END_EVENT, "there is a second document"));
    return root;
  }

  // entries are where the members of the outermost mapping are, once document() is done.
  std::vector<YamlEntry>& entries() { return entries_; }
  std::size_t indent() const { return indent_; }

 private:
  Result<Event> next() {
    Event event;
    if (::yaml_parser_parse(&parser_, event.get()) != 0) return event;
    const char* problem = parser_.problem != nullptr ? parser_.problem : "not well-formed";
    return std::unexpected(at(parser_.problem_mark, problem));
  }

  Result<void> expect(yaml_event_type_t type, std::string what) {
    WM_TRY(Event event, next());
    if (event->type == type) return {};
    return fail(event, std::move(what));
  }

  Result<Json> value(const Event& event, std::size_t depth) {
    if (depth > limits_.depth) return fail(event, fmt::format("nested deeper than {}", limits_.depth));
    if (++nodes_ > limits_.nodes) return fail(event, fmt::format("has more than {} values", limits_.nodes));
    switch (event->type) {
      case YAML_SCALAR_EVENT: return keep(event->data.scalar.anchor, scalar(event));
      case YAML_SEQUENCE_START_EVENT: return keep(event->data.sequence_start.anchor, sequence(event, depth));
      case YAML_MAPPING_START_EVENT: return keep(event->data.mapping_start.anchor, mapping(event, depth));
      case YAML_ALIAS_EVENT: return alias(event, depth);
      default: return fail(event, "there is no value");
    }
  }

  // keep remembers what has an anchor. One that is used within itself is not there yet.
  Result<Json> keep(const yaml_char_t* anchor, Result<Json> value) {
    if (anchor == nullptr || !value) return value;
    anchors_[reinterpret_cast<const char*>(anchor)] = *value;
    return value;
  }

  // alias repeats a value, and counts it again: few lines can stand for very many.
  Result<Json> alias(const Event& event, std::size_t depth) {
    if (!lenient_) return fail(event, "aliases are not taken");
    saw_end(event->end_mark);
    const auto found = anchors_.find(reinterpret_cast<const char*>(event->data.alias.anchor));
    if (found == anchors_.end()) return fail(event, "an alias without an anchor before it");
    const Size size = size_of(found->second);
    nodes_ += size.nodes;
    if (nodes_ > limits_.nodes) return fail(event, fmt::format("has more than {} values", limits_.nodes));
    if (depth + size.height - 1 > limits_.depth)
      return fail(event, fmt::format("nested deeper than {}", limits_.depth));
    return found->second;
  }

  // A block scalar ends where the next line begins.
  void saw_end(const yaml_mark_t& mark, bool block_scalar = false) {
    const bool before = block_scalar && mark.column == 0 && mark.line > 0;
    last_line_ = before ? mark.line - 1 : mark.line;
    end_column_ = mark.column;
  }

  Result<Json> scalar(const Event& event) {
    const auto& found = event->data.scalar;
    saw_end(event->end_mark, found.style == YAML_LITERAL_SCALAR_STYLE || found.style == YAML_FOLDED_SCALAR_STYLE);
    WM_TRY(const bool is_text, check_bare(event, found.anchor, found.tag));
    const std::string_view text = text_of(found.value, found.length);
    if (is_text || found.style != YAML_PLAIN_SCALAR_STYLE) return Json(text);
    return lenient_ ? lenient_word(text) : word(event, text);
  }

  static Json lenient_word(std::string_view text) {
    static constexpr auto kNulls = std::to_array<std::string_view>({"", "~", "null", "Null", "NULL"});
    if (text == "true" || text == "false") return Json(text == "true");
    if (std::ranges::find(kNulls, text) != kNulls.end()) return {};
    if (const auto number = decimal(text)) return Json(*number);
    return Json(text);
  }

  Result<Json> word(const Event& event, std::string_view text) const {
    if (text == "true" || text == "false") return Json(text == "true");
    if (means_something_else(text))
      return fail(
          event,
          text.empty() ? "there is no value" : fmt::format("`{}` means a boolean or nothing to some programs", text),
          text.empty() ? "" : fmt::format("write \"{}\" for the word, or true or false", text));
    if (const auto number = decimal(text)) return Json(*number);
    return Json(text);
  }

  Result<Json> sequence(const Event& start, std::size_t depth) {
    WM_CHECK(check_bare(start, start->data.sequence_start.anchor, start->data.sequence_start.tag));
    JsonArray items;
    while (true) {
      WM_TRY(Event event, next());
      if (event->type == YAML_SEQUENCE_END_EVENT) {
        if (start->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE) saw_end(event->end_mark);
        return Json(std::move(items));
      }
      WM_TRY(Json item, value(event, depth + 1));
      items.push_back(std::move(item));
    }
  }

  Result<Json> mapping(const Event& start, std::size_t depth) {
    WM_CHECK(check_bare(start, start->data.mapping_start.anchor, start->data.mapping_start.tag));
    JsonObject members;
    while (true) {
      WM_TRY(Event event, next());
      if (event->type == YAML_MAPPING_END_EVENT) {
        if (start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE) saw_end(event->end_mark);
        return sorted(start, std::move(members));
      }
      WM_TRY(std::string name, key(event));
      WM_TRY(Event content, next());
      WM_TRY(Json member, value(content, depth + 1));
      if (depth == 1 && start->data.mapping_start.style != YAML_FLOW_MAPPING_STYLE) add_entry(event, name);
      members.emplace_back(std::move(name), std::move(member));
    }
  }

  void add_entry(const Event& key, const std::string& name) {
    indent_ = key->start_mark.column;
    entries_.push_back({name, key->start_mark.line, last_line_, end_column_});
  }

  Result<std::string> key(const Event& event) {
    if (event->type == YAML_ALIAS_EVENT) return fail(event, "aliases are not taken for keys");
    if (event->type != YAML_SCALAR_EVENT) return fail(event, "a key is no string");
    WM_TRY(const Json name, scalar(event));
    if (lenient_) return lenient_key(event);
    if (const auto* text = name.as<std::string>()) return *text;
    return fail(event, "a key is no string", "put it in quotation marks");
  }

  // Merging is of YAML 1.1 alone, and not done by all.
  Result<std::string> lenient_key(const Event& event) const {
    const std::string_view text = text_of(event->data.scalar.value, event->data.scalar.length);
    if (text == "<<") return fail(event, "merge keys are not taken");
    return std::string(text);
  }

  // sorted looks for duplicate keys once all are there: a search for each would be
  // quadratic.
  Result<Json> sorted(const Event& start, JsonObject members) const {
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& [name, member] : members) names.push_back(name);
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    if (twice != names.end()) return fail(start, fmt::format("\"{}\" is there twice", excerpt(*twice)));
    return Json::object(std::move(members));
  }

  // check_bare says whether a tag makes it a string.
  Result<bool> check_bare(const Event& event, const yaml_char_t* anchor, const yaml_char_t* tag) const {
    if (anchor != nullptr && !lenient_) return fail(event, "anchors are not taken");
    const bool is_text = tag != nullptr && reinterpret_cast<const char*>(tag) == std::string_view(YAML_STR_TAG);
    if (tag != nullptr && !(lenient_ && is_text)) return fail(event, "tags are not taken");
    return is_text;
  }

  Error at(const yaml_mark_t& mark, std::string what, std::string hint = {}) const {
    return {code_, std::move(what), fmt::format("line {}, column {}", mark.line + 1, mark.column + 1), std::move(hint)};
  }
  std::unexpected<Error> fail(const Event& event, std::string what, std::string hint = {}) const {
    return std::unexpected(at(event->start_mark, std::move(what), std::move(hint)));
  }

  bool lenient_;
  ErrorCode code_;
  YamlLimits limits_;
  bool ready_ = false;
  yaml_parser_t parser_{};
  std::size_t nodes_ = 0;
  std::map<std::string, Json, std::less<>> anchors_;
  std::size_t last_line_ = 0;   // of the last character that was read
  std::size_t end_column_ = 0;  // behind it
  std::vector<YamlEntry> entries_;
  std::size_t indent_ = 0;
};

Result<void> check_text(std::string_view text, ErrorCode code) {
  if (!is_utf8(text)) return refuse(code, "not valid UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) return refuse(code, "begins with a byte order mark");
  return {};
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, ErrorCode code, const YamlLimits& limits) {
  WM_CHECK(check_text(text, code));
  return Reader(text, Dialect::kStrict, code, limits).document();
}

Result<YamlDocument> parse_yaml_leniently(std::string_view text, ErrorCode code, const YamlLimits& limits) {
  WM_CHECK(check_text(text, code));
  Reader reader(text, Dialect::kLenient, code, limits);
  YamlDocument document;
  WM_TRY(document.root, reader.document());
  document.entries = std::move(reader.entries());
  document.indent = reader.indent();
  return document;
}

}  // namespace weightmark
