#include "attest/provenance_v02.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

Result<std::string> text_at(const JsonView& parent, std::string_view key) {
  if (!parent.has(key)) return std::string();
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const std::string_view text, field.string());
  return std::string(text);
}

Result<std::string> required_text(const JsonView& parent, std::string_view key) {
  WM_TRY(std::string text, text_at(parent, key));
  if (text.empty()) return parent.fail(fmt::format("has no {}", key));
  return text;
}

Result<std::optional<Instant>> time_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const std::string text, text_at(parent, key));
  if (text.empty()) return std::nullopt;
  const auto time = parse_rfc3339(text);
  if (!time)
    return refuse(ErrorCode::kProvenanceTime, fmt::format("\"{}\" is not a time by RFC 3339", excerpt(text)),
                  fmt::format("{}.{}", parent.path(), key));
  return time;
}

// copy puts members that are there among parameters; their values are free.
void copy(const JsonView& parent, std::initializer_list<std::string_view> keys, JsonObject& parameters) {
  for (const std::string_view key : keys)
    if (const auto field = parent.find(key); field && parent.has(key)) parameters.emplace_back(key, field->json());
  std::ranges::sort(parameters, {}, &JsonObject::value_type::first);
}

Result<void> parse_materials(const JsonView& predicate, Provenance& provenance) {
  if (!predicate.has("materials")) return {};
  WM_TRY(const JsonView field, predicate.member("materials"));
  WM_TRY(const JsonItems items, field.array());
  if (items.size() > kMaxResources)
    return refuse(ErrorCode::kProvenanceTooLarge, fmt::format("lists {} materials", items.size()), field.path());
  provenance.dependencies.reserve(items.size());
  for (const JsonView& item : items) {
    WM_TRY(ResourceDescriptor resource, parse_resource(item));
    provenance.dependencies.push_back(std::move(resource));
  }
  return {};
}

// The name of the run has two spellings: the specification's, and that of the library
// for Go, by which the generators for GitHub wrote it.
Result<std::string> invocation_in(const JsonView& metadata) {
  WM_TRY(std::string name, text_at(metadata, "buildInvocationId"));
  WM_TRY(std::string other, text_at(metadata, "buildInvocationID"));
  if (!name.empty() && !other.empty() && name != other) return metadata.fail("names two invocations");
  return name.empty() ? other : name;
}

Result<void> parse_metadata(const JsonView& predicate, Provenance& provenance) {
  if (!predicate.has("metadata")) return {};
  WM_TRY(const JsonView metadata, predicate.member("metadata"));
  WM_CHECK(metadata.object());
  WM_TRY(provenance.invocation_id, invocation_in(metadata));
  WM_TRY(provenance.started, time_at(metadata, "buildStartedOn"));
  WM_TRY(provenance.finished, time_at(metadata, "buildFinishedOn"));
  return {};
}

Result<void> parse_common(const JsonView& predicate, Provenance& provenance) {
  WM_TRY(const JsonView builder, predicate.member("builder"));
  WM_CHECK(builder.object());
  WM_TRY(provenance.builder_id, required_text(builder, "id"));
  WM_CHECK(parse_materials(predicate, provenance));
  return parse_metadata(predicate, provenance);
}

// optional_object returns the member, which has to be an object where it is there.
Result<std::optional<JsonView>> optional_object(const JsonView& parent, std::string_view key) {
  if (!parent.has(key)) return std::nullopt;
  WM_TRY(const JsonView field, parent.member(key));
  WM_CHECK(field.object());
  return field;
}

// The source of the configuration is what later rules compare: it is of texts.
Result<void> check_config_source(const JsonView& invocation) {
  WM_TRY(const auto source, optional_object(invocation, "configSource"));
  if (!source) return {};
  for (const std::string_view key : {"uri", "entryPoint"}) WM_CHECK(text_at(*source, key));
  WM_TRY(const auto digest, optional_object(*source, "digest"));
  if (!digest) return {};
  WM_TRY(const JsonMembers members, digest->object());
  for (const auto& [algorithm, hex] : members) WM_CHECK(hex.string());
  return {};
}

}  // namespace

Result<Provenance> parse_provenance_v02(const JsonView& predicate) {
  WM_CHECK(predicate.object());
  Provenance provenance;
  provenance.predicate_type = kProvenanceV02;
  WM_CHECK(parse_common(predicate, provenance));
  WM_TRY(provenance.build_type, required_text(predicate, "buildType"));
  WM_TRY(const auto invocation, optional_object(predicate, "invocation"));
  if (invocation) {
    WM_CHECK(check_config_source(*invocation));
    copy(*invocation, {"configSource", "parameters"}, provenance.external_parameters);
    copy(*invocation, {"environment"}, provenance.internal_parameters);
  }
  copy(predicate, {"buildConfig"}, provenance.internal_parameters);
  return provenance;
}

Result<Provenance> parse_provenance_v01(const JsonView& predicate) {
  WM_CHECK(predicate.object());
  Provenance provenance;
  provenance.predicate_type = kProvenanceV01;
  WM_CHECK(parse_common(predicate, provenance));
  WM_TRY(const JsonView recipe, predicate.member("recipe"));
  WM_CHECK(recipe.object());
  WM_TRY(provenance.build_type, required_text(recipe, "type"));
  WM_CHECK(text_at(recipe, "entryPoint"));
  copy(recipe, {"arguments", "definedInMaterial", "entryPoint"}, provenance.external_parameters);
  copy(recipe, {"environment"}, provenance.internal_parameters);
  return provenance;
}

}  // namespace weightmark
