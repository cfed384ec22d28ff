#include "attest/provenance.h"

#include <fmt/format.h>

#include <algorithm>

#include "attest/provenance_v02.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

// --- fields, any of which may be absent; proto3 JSON treats null as absent

Result<std::string> text_at(const JsonView& parent, std::string_view key) {
  if (!parent.has(key)) return std::string();
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const std::string_view text, field.string());
  return std::string(text);
}

Result<std::string> required_text(const JsonView& parent, std::string_view key) {
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const std::string_view text, field.string());
  if (text.empty()) return field.fail("is empty");
  return std::string(text);
}

JsonObject members_of(const JsonMembers& members) {
  JsonObject object;
  object.reserve(members.size());
  for (const auto& [key, value] : members) object.emplace_back(key, value.json());
  std::ranges::sort(object, {}, &JsonObject::value_type::first);
  return object;
}

Result<JsonObject> object_at(const JsonView& parent, std::string_view key) {
  if (!parent.has(key)) return JsonObject();
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonMembers members, field.object());
  return members_of(members);
}

Result<std::vector<ResourceDescriptor>> resources_at(const JsonView& parent, std::string_view key) {
  std::vector<ResourceDescriptor> resources;
  if (!parent.has(key)) return resources;
  WM_TRY(const JsonView field, parent.member(key));
  WM_TRY(const JsonItems items, field.array());
  if (items.size() > kMaxResources)
    return refuse(ErrorCode::kProvenanceTooLarge, fmt::format("lists {} resources", items.size()), field.path());
  resources.reserve(items.size());
  for (const JsonView& item : items) {
    WM_TRY(const JsonMembers members, item.object());
    if (members.empty() && key == "byproducts") continue;  // Google Cloud Build lists an empty one
    WM_TRY(ResourceDescriptor resource, parse_resource(item));
    resources.push_back(std::move(resource));
  }
  return resources;
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

Result<void> parse_definition(const JsonView& definition, Provenance& provenance) {
  WM_TRY(provenance.build_type, required_text(definition, "buildType"));
  WM_CHECK(definition.member("externalParameters"));
  WM_TRY(provenance.external_parameters, object_at(definition, "externalParameters"));
  WM_TRY(provenance.internal_parameters, object_at(definition, "internalParameters"));
  WM_TRY(provenance.dependencies, resources_at(definition, "resolvedDependencies"));
  return {};
}

Result<void> parse_builder(const JsonView& builder, Provenance& provenance) {
  WM_TRY(provenance.builder_id, required_text(builder, "id"));
  WM_TRY(provenance.builder_dependencies, resources_at(builder, "builderDependencies"));
  if (!builder.has("version")) return {};
  WM_TRY(const JsonView versions, builder.member("version"));
  WM_TRY(const JsonMembers members, versions.object());
  for (const auto& [name, version] : members) WM_CHECK(version.string());
  provenance.builder_version = members_of(members);
  return {};
}

Result<void> parse_metadata(const JsonView& run, Provenance& provenance) {
  if (!run.has("metadata")) return {};
  WM_TRY(const JsonView metadata, run.member("metadata"));
  WM_CHECK(metadata.object());
  WM_TRY(provenance.invocation_id, text_at(metadata, "invocationId"));
  WM_TRY(provenance.started, time_at(metadata, "startedOn"));
  WM_TRY(provenance.finished, time_at(metadata, "finishedOn"));
  return {};
}

Result<Provenance> parse_v1(const JsonView& predicate) {
  Provenance provenance;
  WM_TRY(const JsonView definition, predicate.member("buildDefinition"));
  WM_CHECK(parse_definition(definition, provenance));
  WM_TRY(const JsonView run, predicate.member("runDetails"));
  WM_TRY(const JsonView builder, run.member("builder"));
  WM_CHECK(parse_builder(builder, provenance));
  WM_CHECK(parse_metadata(run, provenance));
  WM_TRY(provenance.byproducts, resources_at(run, "byproducts"));
  return provenance;
}

// --- writing: what is absent is left out

void add_text(JsonObject& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object.emplace_back(key, text);
}

void add_object(JsonObject& object, std::string_view key, const JsonObject& members) {
  if (!members.empty()) object.emplace_back(key, Json::object(members));
}

void add_resources(JsonObject& object, std::string_view key, const std::vector<ResourceDescriptor>& resources) {
  if (resources.empty()) return;
  JsonArray items;
  for (const ResourceDescriptor& resource : resources) items.push_back(resource_json(resource));
  object.emplace_back(key, std::move(items));
}

void add_time(JsonObject& object, std::string_view key, const std::optional<Instant>& time) {
  if (time) object.emplace_back(key, format_rfc3339(*time));
}

Json definition_json(const Provenance& provenance) {
  JsonObject definition{{"buildType", provenance.build_type},
                        {"externalParameters", Json::object(provenance.external_parameters)}};
  add_object(definition, "internalParameters", provenance.internal_parameters);
  add_resources(definition, "resolvedDependencies", provenance.dependencies);
  return Json::object(std::move(definition));
}

Json run_json(const Provenance& provenance) {
  JsonObject builder{{"id", provenance.builder_id}};
  add_object(builder, "version", provenance.builder_version);
  add_resources(builder, "builderDependencies", provenance.builder_dependencies);
  JsonObject metadata;
  add_text(metadata, "invocationId", provenance.invocation_id);
  add_time(metadata, "startedOn", provenance.started);
  add_time(metadata, "finishedOn", provenance.finished);
  JsonObject run{{"builder", Json::object(std::move(builder))}};
  add_object(run, "metadata", metadata);
  add_resources(run, "byproducts", provenance.byproducts);
  return Json::object(std::move(run));
}

}  // namespace

std::string_view ResourceDescriptor::digest(std::string_view algorithm) const {
  for (const auto& [key, hex] : digests)
    if (key == algorithm) return hex;
  return {};
}

const Json* ResourceDescriptor::annotation(std::string_view key) const {
  for (const auto& [annotated, value] : annotations)
    if (annotated == key) return &value;
  return nullptr;
}

Result<ResourceDescriptor> parse_resource(const JsonView& view) {
  WM_CHECK(view.object());
  ResourceDescriptor resource;
  WM_TRY(resource.name, text_at(view, "name"));
  WM_TRY(resource.uri, text_at(view, "uri"));
  WM_TRY(resource.media_type, text_at(view, "mediaType"));
  WM_TRY(resource.download_location, text_at(view, "downloadLocation"));
  WM_TRY(resource.annotations, object_at(view, "annotations"));
  if (view.has("digest")) {
    WM_TRY(const JsonView set, view.member("digest"));
    WM_TRY(const JsonMembers members, set.object());
    for (const auto& [algorithm, field] : members) {
      WM_TRY(const std::string_view hex, field.string());
      if (hex.empty()) return field.fail("is empty");
      resource.digests.emplace_back(algorithm, hex);
    }
    std::ranges::sort(resource.digests);
  }
  if (resource.name.empty() && resource.uri.empty() && resource.digests.empty())
    return view.fail("has neither name, uri nor digest");
  return resource;
}

Json resource_json(const ResourceDescriptor& resource) {
  JsonObject digests;
  for (const auto& [algorithm, hex] : resource.digests) digests.emplace_back(algorithm, hex);
  JsonObject object;
  add_text(object, "name", resource.name);
  add_text(object, "uri", resource.uri);
  add_object(object, "digest", digests);
  add_text(object, "mediaType", resource.media_type);
  add_text(object, "downloadLocation", resource.download_location);
  add_object(object, "annotations", resource.annotations);
  return Json::object(std::move(object));
}

bool is_provenance(std::string_view predicate_type) {
  return predicate_type == kProvenanceV1 || predicate_type == kProvenanceV02 || predicate_type == kProvenanceV01;
}

Result<Provenance> parse_provenance(std::string_view predicate_type, const JsonView& predicate) {
  const JsonView view = predicate.with_code(ErrorCode::kProvenanceMalformed);
  if (predicate_type == kProvenanceV1) return parse_v1(view);
  if (predicate_type == kProvenanceV02) return parse_provenance_v02(view);
  if (predicate_type == kProvenanceV01) return parse_provenance_v01(view);
  return refuse(ErrorCode::kProvenanceType,
                fmt::format("\"{}\" is no type of SLSA provenance that is known here", excerpt(predicate_type)),
                "predicateType");
}

std::string write_provenance(const Provenance& provenance) {
  return write_json(Json::of("buildDefinition", definition_json(provenance), "runDetails", run_json(provenance)));
}

}  // namespace weightmark
