#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
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

class Reader {
 public:
  Reader(std::string_view text, ErrorCode code, const YamlLimits& limits) : code_(code), limits_(limits) {
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
    switch (event->type) {
      case YAML_SCALAR_EVENT: return scalar(event);
      case YAML_SEQUENCE_START_EVENT: return sequence(event, depth);
      case YAML_MAPPING_START_EVENT: return mapping(event, depth);
      case YAML_ALIAS_EVENT: return fail(event, "aliases are not taken");
      default: return fail(event, "there is no value");
    }
  }

  Result<Json> scalar(const Event& event) const {
    const auto& found = event->data.scalar;
    WM_CHECK(check_bare(event, found.anchor, found.tag));
    const std::string_view text = text_of(found.value, found.length);
    if (found.style != YAML_PLAIN_SCALAR_STYLE) return Json(text);
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
      if (event->type == YAML_SEQUENCE_END_EVENT) return Json(std::move(items));
      WM_TRY(Json item, value(event, depth + 1));
      items.push_back(std::move(item));
    }
  }

  Result<Json> mapping(const Event& start, std::size_t depth) {
    WM_CHECK(check_bare(start, start->data.mapping_start.anchor, start->data.mapping_start.tag));
    JsonObject members;
    while (true) {
      WM_TRY(Event event, next());
      if (event->type == YAML_MAPPING_END_EVENT) return sorted(start, std::move(members));
      WM_TRY(std::string name, key(event));
      WM_TRY(Event content, next());
      WM_TRY(Json member, value(content, depth + 1));
      members.emplace_back(std::move(name), std::move(member));
    }
  }

  Result<std::string> key(const Event& event) const {
    if (event->type == YAML_ALIAS_EVENT) return fail(event, "aliases are not taken");
    if (event->type != YAML_SCALAR_EVENT) return fail(event, "a key is no string");
    WM_TRY(const Json name, scalar(event));
    if (const auto* text = name.as<std::string>()) return *text;
    return fail(event, "a key is no string", "put it in quotation marks");
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

  Result<void> check_bare(const Event& event, const yaml_char_t* anchor, const yaml_char_t* tag) const {
    if (anchor != nullptr) return fail(event, "anchors are not taken");
    if (tag != nullptr) return fail(event, "tags are not taken");
    return {};
  }

  Error at(const yaml_mark_t& mark, std::string what, std::string hint = {}) const {
    return {code_, std::move(what), fmt::format("line {}, column {}", mark.line + 1, mark.column + 1), std::move(hint)};
  }
  std::unexpected<Error> fail(const Event& event, std::string what, std::string hint = {}) const {
    return std::unexpected(at(event->start_mark, std::move(what), std::move(hint)));
  }

  ErrorCode code_;
  YamlLimits limits_;
  bool ready_ = false;
  yaml_parser_t parser_{};
};

}  // namespace

Result<Json> parse_yaml(std::string_view text, ErrorCode code, const YamlLimits& limits) {
  if (!is_utf8(text)) return refuse(code, "not valid UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) return refuse(code, "begins with a byte order mark");
  return Reader(text, code, limits).document();
}

}  // namespace weightmark
