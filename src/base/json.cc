#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace weightmark {
namespace {

bool by_key(const std::pair<std::string, Json>& a, const std::pair<std::string, Json>& b) { return a.first < b.first; }

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

}  // namespace weightmark
