// Components of a bill of materials, from dependencies.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attest/bom_parts.h"
#include "base/text.h"

namespace weightmark::bom {
namespace {

struct Pair {
  std::string_view ours;
  std::string_view theirs;
};

// in-toto's names of algorithms, and CycloneDX's ("hash-alg").
constexpr auto kAlgorithms = std::to_array<Pair>({
    {"sha1", "SHA-1"},
    {"sha256", "SHA-256"},
    {"sha384", "SHA-384"},
    {"sha512", "SHA-512"},
    {"sha3_256", "SHA3-256"},
    {"sha3_384", "SHA3-384"},
    {"sha3_512", "SHA3-512"},
    {"blake2b", "BLAKE2b-512"},
    {"blake3", "BLAKE3"},
});

// Types of components by the kind of a dependency. A framework is a library too: CycloneDX
// advises that type where a component is or may be both.
constexpr auto kTypes = std::to_array<Pair>({
    {"source", "application"},
    {"dataset", "data"},
    {"model", "machine-learning-model"},
    {"judge-model", "machine-learning-model"},
    {"container", "container"},
    {"framework", "library"},
    {"package", "library"},
    {"accelerator-runtime", "library"},
    {"tokenizer", "data"},
    {"environment", "platform"},
});

// SPDX ids that models, datasets and frameworks commonly have. What is not here is given
// by name, which is true as well.
constexpr auto kSpdx = std::to_array<std::string_view>({
    "0BSD",
    "AFL-3.0",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-2.0",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSL-1.0",
    "C-UDA-1.0",
    "CC-BY-2.0",
    "CC-BY-2.5",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-NC-2.0",
    "CC-BY-NC-3.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-ND-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDLA-Permissive-1.0",
    "CDLA-Permissive-2.0",
    "CDLA-Sharing-1.0",
    "ECL-2.0",
    "EPL-2.0",
    "EUPL-1.2",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "ISC",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "MIT",
    "MPL-2.0",
    "MS-PL",
    "NCSA",
    "ODbL-1.0",
    "ODC-By-1.0",
    "OFL-1.1",
    "PDDL-1.0",
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "WTFPL",
    "Zlib",
});

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// The Hub writes ids in lower case.
std::string_view spdx_id(std::string_view license) {
  const auto found = std::ranges::find(kSpdx, lower(license), lower);
  return found == kSpdx.end() ? std::string_view() : *found;
}

bool is_hash(std::string_view text) {
  constexpr std::array<std::size_t, 5> kLengths = {32, 40, 64, 96, 128};
  return std::ranges::find(kLengths, text.size()) != kLengths.end() &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string_view find(const auto& table, std::string_view ours) {
  const auto found = std::ranges::find(table, ours, &Pair::ours);
  return found == table.end() ? std::string_view() : found->theirs;
}

// short_name leaves out what the type says already: "dataset:mix" is "mix".
std::string short_name(const ResourceDescriptor& resource) {
  std::string_view name = resource.name.empty() ? std::string_view(resource.uri) : resource.name;
  for (const std::string_view prefix : {"dataset:", "base-model:", "model:"})
    if (name.starts_with(prefix) && name.size() > prefix.size()) return std::string(name.substr(prefix.size()));
  return name.empty() ? "unnamed" : std::string(name);
}

// version_of is what a package URL has behind "@".
std::string version_of(std::string_view uri) {
  if (!uri.starts_with("pkg:")) return {};
  uri = uri.substr(0, uri.find_first_of("?#"));
  const std::size_t at = uri.rfind('@');
  return at == std::string_view::npos ? std::string() : std::string(uri.substr(at + 1));
}

void add_signature(const std::optional<InputSignature>& signature, Properties& properties) {
  if (!signature) return;
  properties.add("signature:verified", std::optional(signature->verified));
  properties.add("signature:identity", signature->identity);
  properties.add("signature:issuer", signature->issuer);
  properties.add("signature:bundleSha256", signature->bundle_sha256);
}

void add_facts(const DependencyFacts& facts, Properties& properties) {
  properties.add("kind", facts.kind);
  properties.add("role", facts.role);
  properties.add("relation", facts.relation);
  properties.add("evidence", facts.evidence);
  properties.add("digestKind", facts.digest_kind);
  properties.add("files", facts.files);
  properties.add("bytes", facts.bytes);
  properties.add("filesRead", facts.files_read);
  properties.add("records", facts.records);
  properties.add("tokens", facts.tokens);
  if (facts.merkle) properties.add("merkleRoot", facts.merkle->root);
  add_signature(facts.signature, properties);
  properties.add("provenanceSha256", facts.provenance_sha256);
  properties.add("croissantSha256", facts.croissant_sha256);
  properties.add("loaded", facts.loaded);
  properties.add("dirty", facts.dirty);
  properties.add("mutable", facts.writable_by_others);
  properties.add("changed", facts.changed);
  properties.add("undeclared", facts.undeclared);
}

// add_place adds where it is: a package URL, the dataset's contents, or a reference.
void add_place(const ResourceDescriptor& resource, const DependencyFacts& facts, JsonObject& members,
               Properties& properties) {
  const std::string& uri = resource.uri;
  const bool package = uri.starts_with("pkg:");
  if (package) members.emplace_back("purl", uri);
  if (const std::string version = version_of(uri); !version.empty()) members.emplace_back("version", version);
  JsonObject data = {{"name", short_name(resource)}, {"type", "dataset"}};
  JsonArray references;
  if (!is_reference(uri)) {
    properties.add("uri", package ? std::string_view() : uri);
  } else if (facts.kind == "dataset") {
    data.emplace_back("contents", Json::object({{"url", uri}}));
  } else if (!package) {
    const bool git = facts.kind == "source" || uri.starts_with("git+");
    references.push_back(Json::object({{"type", git ? "vcs" : "distribution"}, {"url", uri}}));
  }
  if (is_reference(resource.download_location))
    references.push_back(Json::object({{"type", "evidence"}, {"url", resource.download_location}}));
  if (facts.kind == "dataset") members.emplace_back("data", JsonArray{Json::object(std::move(data))});
  if (!references.empty()) members.emplace_back("externalReferences", std::move(references));
}

}  // namespace

std::string dependency_ref(std::size_t index) { return fmt::format("dependency-{}", index); }

void Properties::add(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  list_.push_back(Json::object({{"name", "weightmark:" + std::string(name)}, {"value", value}}));
}

void Properties::add(std::string_view name, std::optional<std::int64_t> value) {
  if (value) add(name, fmt::format("{}", *value));
}

void Properties::add(std::string_view name, std::optional<bool> value) {
  if (value) add(name, *value ? std::string_view("true") : "false");
}

void Properties::into(JsonObject& members) && {
  if (!list_.empty()) members.emplace_back("properties", std::move(list_));
}

void add_hashes(const std::vector<std::pair<std::string, std::string>>& digests, JsonObject& members,
                Properties& properties) {
  JsonArray hashes;
  for (const auto& [algorithm, hex] : digests) {
    const std::string_view name = find(kAlgorithms, algorithm);
    if (name.empty() || !is_hash(hex))
      properties.add("digest:" + algorithm, hex);
    else
      hashes.push_back(Json::object({{"alg", name}, {"content", hex}}));
  }
  if (!hashes.empty()) members.emplace_back("hashes", std::move(hashes));
}

void add_licenses(const std::vector<std::string>& licenses, JsonObject& members) {
  JsonArray list;
  for (const std::string& license : licenses) {
    const std::string_view id = spdx_id(license);
    Json one = id.empty() ? Json::object({{"name", license}}) : Json::object({{"id", id}});
    list.push_back(Json::object({{"license", std::move(one)}}));
  }
  if (!list.empty()) members.emplace_back("licenses", std::move(list));
}

bool is_reference(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:/?#@!$&'()*+,;=%").contains(c);
  });
}

Json component_of(const ResourceDescriptor& resource, const DependencyFacts& facts, std::size_t index) {
  const std::string_view type = find(kTypes, facts.kind);
  Properties properties;
  JsonObject members = {
      {"bom-ref", dependency_ref(index)}, {"name", short_name(resource)}, {"type", type.empty() ? "file" : type}};
  if (is_reference(resource.media_type)) members.emplace_back("mime-type", resource.media_type);
  add_hashes(resource.digests, members, properties);
  if (!facts.license.empty()) add_licenses({facts.license}, members);
  add_place(resource, facts, members, properties);
  add_facts(facts, properties);
  std::move(properties).into(members);
  return Json::object(std::move(members));
}

}  // namespace weightmark::bom
