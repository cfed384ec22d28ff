#include "formats/model_card.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "base/yaml.h"
#include "formats/front_matter.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxValues = 10'000;  // of a list

std::unexpected<Error> malformed(std::string what, std::string_view key) {
  return refuse(ErrorCode::kCardMalformed, std::move(what), key);
}

// text_of takes what is written as one word, whatever that looks like: a tag may be 2024.
Result<std::string> text_of(const Json& value, std::string_view key) {
  if (const auto* text = value.as<std::string>()) return *text;
  if (const auto* number = value.as<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto* truth = value.as<bool>()) return std::string(*truth ? "true" : "false");
  return malformed("is no text", key);
}

Result<std::string> text_member(const Json& root, std::string_view key) {
  const Json* found = root.find(key);
  return found == nullptr || found->is_null() ? std::string() : text_of(*found, key);
}

// text_members takes a text or a list of texts; empty items are passed over.
Result<std::vector<std::string>> text_members(const Json& root, std::string_view key) {
  std::vector<std::string> texts;
  const Json* found = root.find(key);
  if (found == nullptr || found->is_null()) return texts;
  const auto* items = found->as<JsonArray>();
  if (items == nullptr) {
    WM_TRY(std::string text, text_of(*found, key));
    texts.push_back(std::move(text));
    return texts;
  }
  if (items->size() > kMaxValues)
    return malformed(fmt::format("has {} values, over the limit of {}", items->size(), kMaxValues), key);
  for (const Json& item : *items) {
    if (item.is_null()) continue;
    WM_TRY(std::string text, text_of(item, key));
    texts.push_back(std::move(text));
  }
  return texts;
}

// read_pointers: other tools may have other members there, or something else by that key.
Result<void> read_pointers(const Json& root, ModelCard& card) {
  const Json* block = root.find(kSupplyChainKey);
  if (block == nullptr || block->as<JsonObject>() == nullptr) return {};
  WM_TRY(card.signature, text_member(*block, "signature"));
  WM_TRY(card.provenance, text_member(*block, "provenance"));
  for (const auto& [key, path] : {std::pair("signature", &card.signature), std::pair("provenance", &card.provenance)})
    if (!path->empty() && !is_pointer(*path))
      return malformed(fmt::format("{} leads out of the model: {}", key, excerpt(*path)), kSupplyChainKey);
  return {};
}

}  // namespace

bool is_pointer(std::string_view path) {
  if (path.empty() || path.size() > 1024 || path.starts_with('/') || path.contains('\\') || path.contains(':'))
    return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view component = path.substr(at, end - at);
    if (component.empty() || component == "." || component == "..") return false;
    at = end + 1;
  }
  return printable(path) == path;
}

std::optional<std::string> hub_repository(std::string_view uri) {
  static constexpr std::array<std::string_view, 6> kPrefixes = {
      "hf://datasets/",         "hf://models/", "hf://", "pkg:huggingface/", "https://huggingface.co/datasets/",
      "https://huggingface.co/"};
  const auto prefix = std::ranges::find_if(kPrefixes, [&](std::string_view start) { return uri.starts_with(start); });
  if (prefix == kPrefixes.end()) return std::nullopt;
  uri.remove_prefix(prefix->size());
  std::string_view name = uri.substr(0, uri.find_first_of("@?#"));
  const std::size_t slash = name.find('/');
  if (slash != std::string_view::npos) name = name.substr(0, name.find('/', slash + 1));
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./").contains(c);
  };
  if (!is_pointer(name) || !std::ranges::all_of(name, allowed)) return std::nullopt;
  return std::string(name);
}

Result<ModelCard> parse_card(std::string_view text) {
  if (text.size() > kMaxCardSize)
    return refuse(ErrorCode::kCardTooLarge,
                  fmt::format("has {}, over the limit of {}", human_size(text.size()), human_size(kMaxCardSize)));
  ModelCard card;
  const auto parts = find_front_matter(text);
  if (!parts) return card;
  card.has_front_matter = true;
  WM_TRY(const YamlDocument yaml, parse_yaml_leniently(parts->yaml, ErrorCode::kCardMalformed));
  const Json& root = yaml.root;
  if (root.is_null()) return card;
  if (root.as<JsonObject>() == nullptr) return refuse(ErrorCode::kCardMalformed, "the front matter is no mapping");
  WM_TRY(card.licenses, text_members(root, "license"));
  WM_TRY(card.license_name, text_member(root, "license_name"));
  WM_TRY(card.license_link, text_member(root, "license_link"));
  WM_TRY(card.base_models, text_members(root, "base_model"));
  WM_TRY(card.base_model_relation, text_member(root, "base_model_relation"));
  WM_TRY(card.datasets, text_members(root, "datasets"));
  WM_TRY(card.tags, text_members(root, "tags"));
  WM_TRY(card.library_name, text_member(root, "library_name"));
  WM_TRY(card.pipeline_tag, text_member(root, "pipeline_tag"));
  card.has_model_index = root.find("model-index") != nullptr;
  WM_CHECK(read_pointers(root, card));
  return card;
}

}  // namespace weightmark
