#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

bool by_key(const std::pair<std::string, Json>& a, const std::pair<std::string, Json>& b) { return a.first < b.first; }

// JsonBuilder takes the library's parse events, applies our limits and builds
// the value. It keeps the first error; returning false stops the parser.
class JsonBuilder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  JsonBuilder(const JsonLimits& limits, std::size_t text_size) : limits_(limits), text_size_(text_size) {}

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(number_integer_t value) { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) {
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return out_of_range();
    return add(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t& text) {
    bool integer = text.find_first_of(".eE") == string_t::npos;
    if (integer || !std::isfinite(value)) return out_of_range();
    return add(Json(value));
  }
  bool string(string_t& value) { return add(Json(std::move(value))); }
  bool binary(binary_t&) { return refuse(ErrorCode::kJsonSyntax, "binary value"); }

  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool key(string_t& value) {
    stack_.back().key = std::move(value);
    return true;
  }
  bool end_array() {
    Json array(std::move(stack_.back().items));
    stack_.pop_back();
    return add(std::move(array));
  }
  bool end_object() {
    JsonObject members = std::move(stack_.back().members);
    stack_.pop_back();
    // What we write is sorted already.
    if (!std::is_sorted(members.begin(), members.end(), by_key))
      std::stable_sort(members.begin(), members.end(), by_key);
    auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
    auto twice = std::adjacent_find(members.begin(), members.end(), same_key);
    if (twice != members.end())
      return refuse(ErrorCode::kJsonDuplicateKey, fmt::format("the key \"{}\" is there twice", excerpt(twice->first)));
    return add(Json::object(std::move(members)));
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& exception) {
    constexpr int kNumberOverflow = 406;  // how the library reports 1e999
    if (root_) return refuse(ErrorCode::kJsonTrailing, fmt::format("bytes follow the value at byte {}", position));
    if (position > text_size_) return refuse(ErrorCode::kJsonTruncated, "the text ends too early");
    if (exception.id == kNumberOverflow) return out_of_range();
    return refuse(ErrorCode::kJsonSyntax, fmt::format("not well-formed at byte {}", position));
  }

  Result<Json> result() && {
    if (error_) return std::unexpected(*std::move(error_));
    if (!root_) return std::unexpected(Error{ErrorCode::kJsonTruncated, "the text ends too early", {}, {}});
    return *std::move(root_);
  }

 private:
  struct Level {
    bool is_object;
    std::string key;
    JsonArray items;
    JsonObject members;
  };

  bool open(bool is_object) {
    if (stack_.size() >= static_cast<std::size_t>(limits_.depth))
      return refuse(ErrorCode::kJsonDepth, fmt::format("nested deeper than {} levels", limits_.depth));
    stack_.push_back({is_object, {}, {}, {}});
    return true;
  }

  bool add(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (stack_.back().is_object) {
      stack_.back().members.emplace_back(std::move(stack_.back().key), std::move(value));
    } else {
      stack_.back().items.push_back(std::move(value));
    }
    return true;
  }

  bool out_of_range() { return refuse(ErrorCode::kJsonNumber, "a number is beyond 64 bits"); }

  bool refuse(ErrorCode code, std::string what) {
    if (!error_) error_ = Error{code, std::move(what), {}, {}};
    return false;
  }

  JsonLimits limits_;
  std::size_t text_size_;
  std::vector<Level> stack_;
  std::optional<Json> root_;
  std::optional<Error> error_;
};

// JsonWriter writes with sorted keys; `indent` of 0 is the compact form.
class JsonWriter {
 public:
  explicit JsonWriter(std::size_t indent) : indent_(indent) {}

  void write(const Json& value) {
    if (const auto* array = value.as<JsonArray>()) return write_array(*array);
    if (const auto* object = value.as<JsonObject>()) return write_object(*object);
    if (const auto* text = value.as<std::string>()) return write_string(*text);
    if (const auto* integer = value.as<std::int64_t>()) return append(fmt::format("{}", *integer));
    if (const auto* number = value.as<double>()) return write_number(*number);
    if (const auto* boolean = value.as<bool>()) return append(*boolean ? "true" : "false");
    append("null");
  }

  std::string take() && { return std::move(out_); }

 private:
  void append(std::string_view text) { out_ += text; }

  // A whole number keeps ".0", or it would be read back as an integer.
  void write_number(double number) {
    if (!std::isfinite(number)) return append("null");
    std::string text = fmt::format("{}", number);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    append(text);
  }

  void write_array(const JsonArray& items) {
    write_list('[', ']', items.size(), [&](std::size_t i) { write(items[i]); });
  }

  void write_object(const JsonObject& members) {
    write_list('{', '}', members.size(), [&](std::size_t i) {
      write_string(members[i].first);
      append(indent_ > 0 ? ": " : ":");
      write(members[i].second);
    });
  }

  template <class WriteItem>
  void write_list(char open, char close, std::size_t count, WriteItem write_item) {
    out_ += open;
    ++depth_;
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      new_line();
      write_item(i);
    }
    --depth_;
    if (count > 0) new_line();
    out_ += close;
  }

  void new_line() {
    if (indent_ == 0) return;
    out_ += '\n';
    out_.append(indent_ * depth_, ' ');
  }

  // RFC 8785, section 3.2.2.2.
  void write_string(std::string_view text) {
    out_ += '"';
    for (char c : text) {
      switch (c) {
        case '"': append("\\\""); break;
        case '\\': append("\\\\"); break;
        case '\b': append("\\b"); break;
        case '\f': append("\\f"); break;
        case '\n': append("\\n"); break;
        case '\r': append("\\r"); break;
        case '\t': append("\\t"); break;
        default:
          if (static_cast<unsigned char>(c) < 0x20)
            append(fmt::format("\\u{:04x}", static_cast<unsigned char>(c)));
          else
            out_ += c;
      }
    }
    out_ += '"';
  }

  std::size_t indent_;
  std::size_t depth_ = 0;
  std::string out_;
};

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

Json Json::take(std::string_view key) {
  auto* members = std::get_if<JsonObject>(&value_);
  const Json* found = find(key);
  if (found == nullptr) return {};
  const auto at = std::ranges::find(*members, key, &JsonObject::value_type::first);
  return std::exchange(at->second, Json());
}

JsonArray Json::take_items() {
  auto* items = std::get_if<JsonArray>(&value_);
  return items == nullptr ? JsonArray() : std::exchange(*items, {});
}

std::string_view Json::type_name() const {
  static constexpr std::array<std::string_view, 7> kNames = {"null",     "a boolean", "an integer", "a number",
                                                             "a string", "an array",  "an object"};
  return kNames.at(value_.index());
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits) {
  if (!is_utf8(text)) return std::unexpected(Error{ErrorCode::kJsonUtf8, "not valid UTF-8", {}, {}});
  if (text.starts_with("\xEF\xBB\xBF"))
    return std::unexpected(Error{ErrorCode::kJsonSyntax, "begins with a byte order mark", {}, {}});
  JsonBuilder builder(limits, text.size());
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder).result();
}

std::string write_json(const Json& value) {
  JsonWriter writer(0);
  writer.write(value);
  return std::move(writer).take();
}

std::string write_json_indented(const Json& value) {
  JsonWriter writer(2);
  writer.write(value);
  return std::move(writer).take() + "\n";
}

bool JsonView::has(std::string_view key) const {
  const Json* member = value_->find(key);
  return member != nullptr && !member->is_null();
}

Result<JsonView> JsonView::member(std::string_view key) const {
  std::string path;
  path.reserve(path_.size() + 1 + key.size());
  path += path_;
  if (!path.empty()) path += '.';
  path += key;
  if (value_->as<JsonObject>() == nullptr)
    return fail(fmt::format("expected an object, found {}", value_->type_name()));
  const Json* found = value_->find(key);
  if (found == nullptr) return JsonView(*value_, code_, std::move(path)).fail("missing");
  return JsonView(*found, code_, std::move(path));
}

Result<std::string_view> JsonView::string() const {
  if (const auto* text = value_->as<std::string>()) return *text;
  return fail(fmt::format("expected a string, found {}", value_->type_name()));
}

Result<bool> JsonView::boolean() const {
  if (const auto* value = value_->as<bool>()) return *value;
  return fail(fmt::format("expected a boolean, found {}", value_->type_name()));
}

Result<std::int64_t> JsonView::integer() const {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (const auto* value = value_->as<std::int64_t>()) return *value;
  const auto* number = value_->as<double>();
  if (number != nullptr && std::trunc(*number) == *number && std::abs(*number) <= kExact)
    return static_cast<std::int64_t>(*number);
  return fail(fmt::format("expected an integer, found {}", value_->type_name()));
}

Result<JsonItems> JsonView::array() const {
  if (const auto* items = value_->as<JsonArray>()) return JsonItems(*items, code_, path_);
  return fail(fmt::format("expected an array, found {}", value_->type_name()));
}

JsonView JsonItems::operator[](std::size_t index) const {
  return {(*items_)[index], code_, fmt::format("{}[{}]", path_, index)};
}

Result<const JsonObject*> JsonView::object() const {
  if (const auto* members = value_->as<JsonObject>()) return members;
  return fail(fmt::format("expected an object, found {}", value_->type_name()));
}

Result<void> JsonView::only(std::initializer_list<std::string_view> keys) const {
  WM_TRY(const JsonObject* members, object());
  for (const auto& [key, value] : *members)
    if (std::ranges::find(keys, key) == keys.end()) return fail(fmt::format("unknown member \"{}\"", excerpt(key)));
  return {};
}

std::unexpected<Error> JsonView::fail(std::string what) const {
  return std::unexpected(Error{code_, std::move(what), path_, {}});
}

}  // namespace weightmark
