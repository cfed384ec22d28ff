#include "train/redaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/encoding.h"
#include "train/training_environment.h"

namespace weightmark {
namespace {

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::string_view("-._~").contains(c);
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return encoded;
}

// option_name returns the variable that an option is like: "--api-key" is "api_key".
std::string option_name(std::string_view word) {
  if (!word.starts_with("-")) return {};
  std::string name(word.substr(0, word.find('=')));
  name.erase(0, name.find_first_not_of('-'));
  std::ranges::replace(name, '-', '_');
  return name;
}

bool names_secret(std::string_view word) { return has_secret_value(option_name(word)); }

}  // namespace

Redaction::Redaction(std::vector<std::string> secrets) {
  for (std::string& secret : secrets) {
    if (secret.empty()) continue;
    const ByteView bytes = as_bytes(secret);
    std::string padded = to_base64(bytes);
    while (padded.ends_with('=')) padded.pop_back();
    for (std::string form : {to_hex(bytes), padded, to_base64url(bytes), percent_encoded(secret)})
      forms_.push_back(std::move(form));
    forms_.push_back(std::move(secret));
  }
  std::ranges::sort(forms_, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  forms_.erase(std::unique(forms_.begin(), forms_.end()), forms_.end());
}

std::string Redaction::apply(std::string_view text) const {
  std::string clean(text);
  for (const std::string& form : forms_)
    for (std::size_t at = clean.find(form); at != std::string::npos; at = clean.find(form, at + kRedacted.size()))
      clean.replace(at, form.size(), kRedacted);
  return clean;
}

Json Redaction::json(const Json& value) const {
  if (const auto* text = value.as<std::string>()) return apply(*text);
  if (const auto* list = value.as<JsonArray>()) {
    JsonArray clean;
    for (const Json& item : *list) clean.push_back(json(item));
    return clean;
  }
  const auto* object = value.as<JsonObject>();
  if (object == nullptr) return value;
  JsonObject clean;
  for (const auto& [key, member] : *object) {
    std::string name = apply(key);
    const bool taken = std::ranges::find(clean, name, &JsonObject::value_type::first) != clean.end();
    if (!taken) clean.emplace_back(std::move(name), json(member));
  }
  return Json::object(std::move(clean));
}

std::string Redaction::argument(std::string_view text) const {
  const std::size_t equals = text.find('=');
  if (equals != std::string_view::npos && names_secret(text))
    return std::string(text.substr(0, equals + 1)) + std::string(kRedacted);
  return apply(text);
}

std::vector<std::string> Redaction::command(const std::vector<std::string>& words) const {
  std::vector<std::string> clean;
  bool hide = false;
  for (const std::string& word : words) {
    const bool value = hide && !word.starts_with("-");
    clean.push_back(value ? std::string(kRedacted) : argument(word));
    hide = names_secret(word) && !word.contains('=');
  }
  return clean;
}

}  // namespace weightmark
