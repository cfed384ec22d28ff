#include "trust/builders.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_document.h"
#include "base/pattern.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "base/yaml.h"

namespace weightmark {
namespace {

constexpr std::string_view kSchema = "weightmark.builders.v1";
constexpr std::int64_t kMaxLevel = 3;

Result<std::string> text_in(const JsonView& field) {
  WM_TRY(const std::string_view text, field.string());
  if (text.empty()) return field.fail("is empty");
  return std::string(text);
}

Result<std::string> text_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  return text_in(field);
}

Result<std::vector<std::string>> texts_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonItems items, field.array());
  std::vector<std::string> texts;
  for (const JsonView& item : items) {
    WM_TRY(std::string text, text_in(item));
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<void> check_pattern(const std::string& text) {
  const auto pattern = Pattern::parse(text);
  if (!pattern) return std::unexpected(pattern.error());
  return {};
}

std::string as_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("\\^$.[]|()*+?{}").contains(c)) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// one_of_two reads NAME, or NAME-pattern in its place.
Result<std::pair<std::string, bool>> one_of_two(const JsonView& view, const std::string& name) {
  const std::string pattern_name = name + "-pattern";
  if (view.find(name) && view.find(pattern_name)) return view.fail(fmt::format("has {} and {}", name, pattern_name));
  if (!view.find(pattern_name)) {
    WM_TRY(std::string text, text_at(view, name));
    return std::pair(std::move(text), false);
  }
  WM_TRY(std::string pattern, text_at(view, pattern_name));
  WM_CHECK(check_pattern(pattern));
  return std::pair(std::move(pattern), true);
}

Result<PublicKey> read_key(const JsonView& view, const PolicyFiles& files) {
  WM_TRY(const std::string path, text_at(view, "key"));
  WM_TRY(const std::string pem, files(path));
  auto key = PublicKey::from_pem(pem);
  if (!key) key.error().subject = path;
  return key;
}

Result<std::variant<ExpectedIdentity, PublicKey>> parse_signer(const JsonView& view, const PolicyFiles& files) {
  const bool identity = view.find("identity") || view.find("identity-pattern");
  if (identity && view.find("key")) return view.fail("has an identity and a key");
  if (!identity) {
    WM_TRY(PublicKey key, read_key(view, files));
    return key;
  }
  WM_TRY(std::string provider, text_at(view, "provider"));
  WM_TRY(auto name, one_of_two(view, "identity"));
  if (name.second) provider = as_pattern(provider);
  return ExpectedIdentity{std::move(name.first), std::move(provider), name.second};
}

Result<bool> choice_at(const JsonView& parent, std::string_view key, std::string_view yes, std::string_view no) {
  if (!parent.find(key)) return false;
  WM_TRY(const std::string text, text_at(parent, key));
  if (text == yes || text == no) return text == yes;
  return parent.fail(fmt::format("{} is neither {} nor {}", key, yes, no));
}

Result<ConfiguredBuilder> parse_builder(const JsonView& view, const PolicyFiles& files) {
  WM_CHECK(view.only({"name", "builder-id", "builder-id-pattern", "build-types", "identity", "identity-pattern",
                      "provider", "key", "parameters", "source", "said-by", "level"}));
  WM_TRY(std::string name, text_at(view, "name"));
  WM_TRY(auto id, one_of_two(view, "builder-id"));
  WM_TRY(auto signer, parse_signer(view, files));
  ConfiguredBuilder builder{.name = std::move(name),
                            .id = std::move(id.first),
                            .id_pattern = id.second,
                            .build_types = {},
                            .signer = std::move(signer),
                            .parameters = {}};
  WM_TRY(builder.build_types, texts_at(view, "build-types"));
  if (builder.build_types.empty()) return view.fail("names no build-types");
  WM_TRY(builder.parameters, texts_at(view, "parameters"));
  WM_TRY(builder.source_in_certificate, choice_at(view, "source", "certificate", "dependency"));
  if (builder.source_in_certificate && std::holds_alternative<PublicKey>(builder.signer))
    return view.fail("a key has no certificate that could claim a source");
  WM_TRY(builder.by_platform, choice_at(view, "said-by", "platform", "build"));
  WM_TRY(const JsonView field, view.member("level"));
  WM_TRY(const std::int64_t level, field.integer());
  if (level < 0 || level > kMaxLevel) return field.fail(fmt::format("not from 0 to {}", kMaxLevel));
  builder.level = static_cast<unsigned>(level);
  return builder;
}

Result<Builders::Impl> parse_builders(std::string_view text, const PolicyFiles& files) {
  WM_TRY(const Json values, parse_yaml(text, ErrorCode::kBuildersMalformed));
  WM_TRY(const JsonDocument document, JsonDocument::parse(write_json(values)));
  const JsonView root = document.root(ErrorCode::kBuildersMalformed);
  WM_CHECK(root.only({"schema", "builders"}));
  WM_TRY(const std::string schema, text_at(root, "schema"));
  if (schema != kSchema) return root.fail(fmt::format("the schema is not {}", kSchema));
  WM_TRY(const JsonView list, root.member("builders"));
  WM_TRY(const JsonItems items, list.array());
  if (items.size() > kMaxBuilders) return list.fail(fmt::format("has more than {} builders", kMaxBuilders));
  Builders::Impl impl;
  for (const JsonView& item : items) {
    WM_TRY(ConfiguredBuilder builder, parse_builder(item, files));
    impl.configured.push_back(std::move(builder));
  }
  return impl;
}

}  // namespace

Builders::Builders() : impl_(std::make_shared<Impl>()) {}

Result<Builders> Builders::parse(std::string_view text, const PolicyFiles& files) {
  if (text.size() > kMaxBuildersFile)
    return refuse(ErrorCode::kFileTooLarge,
                  fmt::format("{}, over the limit of {}", human_size(text.size()), human_size(kMaxBuildersFile)));
  WM_TRY(Impl impl, parse_builders(text, files));
  return Builders(std::make_shared<const Impl>(std::move(impl)));
}

}  // namespace weightmark
