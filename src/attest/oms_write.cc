#include <fmt/format.h>

#include <algorithm>

#include "attest/oms.h"
#include "attest/tree_json.h"
#include "hash/hasher.h"

namespace weightmark {
namespace {

void append_resources(const FileEntry& file, std::vector<NamedDigest>& resources) {
  if (file.digest) resources.push_back({file.name, *file.digest, &file});
  for (const Shard& shard : file.shards)
    resources.push_back({fmt::format("{}:{}:{}", file.name, shard.begin, shard.end), shard.digest, &file});
}

// annotations_json returns what is said of a file beside its digest; null for nothing.
Json annotations_json(const FileEntry& file) {
  if (file.tree) return Json::of(kTreeAnnotation, tree_json(*file.tree));
  if (file.declared_size) return Json::of(kDeclaredAnnotation, Json::of("size", *file.declared_size));
  return {};
}

Json resource_json(const NamedDigest& resource) {
  const std::string_view algorithm = algorithm_name(resource.digest.algorithm());
  Json annotations = annotations_json(*resource.file);
  if (annotations.is_null())
    return Json::of("name", resource.name, "digest", resource.digest.hex(), "algorithm", algorithm);
  return Json::of("name", resource.name, "digest", resource.digest.hex(), "algorithm", algorithm, "annotations",
                  std::move(annotations));
}

Json serialization_json(const Serialization& serialization) {
  bool shards = serialization.method == SerializationMethod::kShards;
  JsonObject members = {{"method", shards ? "shards" : "files"},
                        {"hash_type", algorithm_name(serialization.hash_type)},
                        {"allow_symlinks", serialization.allow_symlinks}};
  if (shards) members.emplace_back("shard_size", serialization.shard_size);
  if (serialization.ignore_paths && !serialization.ignore_paths->empty()) {
    JsonArray paths(serialization.ignore_paths->begin(), serialization.ignore_paths->end());
    members.emplace_back("ignore_paths", std::move(paths));
  }
  return Json::object(std::move(members));
}

}  // namespace

bool by_components(std::string_view a, std::string_view b) {
  auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
  auto [left, right] = std::ranges::mismatch(a, b);
  if (left == a.end() || right == b.end()) return right != b.end();
  return rank(*left) < rank(*right);
}

std::vector<NamedDigest> list_resources(const Manifest& manifest, ResourceOrder order) {
  std::vector<NamedDigest> resources;
  for (const FileEntry& file : manifest.files) append_resources(file, resources);
  if (order == ResourceOrder::kSpecification)
    std::ranges::sort(resources, {}, &NamedDigest::name);
  else  // Shards stay in numeric order, as they are listed in the manifest.
    std::stable_sort(resources.begin(), resources.end(), [](const NamedDigest& a, const NamedDigest& b) {
      return by_components(a.file->name, b.file->name);
    });
  return resources;
}

Digest root_digest(const std::vector<NamedDigest>& resources) {
  Hasher hasher(HashAlgorithm::kSha256);
  for (const NamedDigest& resource : resources) hasher.update(resource.digest.bytes());
  return hasher.finish();
}

std::string write_oms(const Manifest& manifest, ResourceOrder order) {
  auto resources = list_resources(manifest, order);
  Subject subject{manifest.name, {{"sha256", root_digest(resources).hex()}}};
  if (manifest.manifest_v1) subject.digests.emplace_back(kManifestV1, manifest.manifest_v1->hex());
  // One at a time: all of them as values would take several times the statement.
  return write_statement({std::move(subject)}, kOmsPredicateType, [&](JsonWriter& writer) {
    writer.begin_object();
    writer.key("resources");
    writer.begin_array();
    for (const NamedDigest& resource : resources) writer.value(resource_json(resource));
    writer.end_array();
    writer.key("serialization");
    writer.value(serialization_json(manifest.serialization));
    writer.end_object();
  });
}

}  // namespace weightmark
