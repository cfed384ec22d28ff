#include "verify/provenance_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/pattern.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/provenance_source.h"

namespace weightmark {
namespace {

std::string_view commit_of(const ResourceDescriptor& resource) {
  for (const std::string_view algorithm : {"gitCommit", "sha1", "gitTag"})
    if (const std::string_view hex = resource.digest(algorithm); !hex.empty()) return hex;
  return {};
}

const Json* member(const JsonObject& object, std::string_view key) {
  const auto found = std::ranges::find(object, key, &JsonObject::value_type::first);
  return found == object.end() ? nullptr : &found->second;
}

std::string text_of(const Json* value) {
  if (value == nullptr) return {};
  if (const auto* text = value->as<std::string>()) return *text;
  if (const auto* number = value->as<std::int64_t>()) return fmt::format("{}", *number);
  return {};
}

Result<bool> matches(const std::string& expected, const std::string& found, bool pattern) {
  if (!pattern) return expected == found;
  WM_TRY(const Pattern compiled, Pattern::parse(expected));
  return compiled.matches(found);
}

Result<bool> is_signer(const SignerReport& signer, const ExpectedIdentity& expected) {
  WM_TRY(const bool provider, matches(expected.provider, signer.identity.issuer, expected.patterns));
  if (!provider) return false;
  for (const SubjectName& name : signer.identity.names) {
    WM_TRY(const bool same, matches(expected.identity, name.value, expected.patterns));
    if (same) return true;
  }
  return false;
}

// Only a configured signer's own key counts, by its fingerprint.
Result<bool> signed_by(const SignerReport& signer, const ConfiguredBuilder& builder) {
  if (const auto* key = std::get_if<PublicKey>(&builder.signer))
    return signer.method == "key" && signer.key_fingerprint == key->fingerprint();
  return is_signer(signer, std::get<ExpectedIdentity>(builder.signer));
}

}  // namespace

Result<void> Case::agree(std::string id, std::string_view what, const std::string& in_statement,
                         const std::string& in_certificate, ErrorCode code) const {
  if (in_statement.empty() || in_certificate.empty() || in_statement == in_certificate) return {};
  return record<void>(refuse(code,
                             fmt::format("the statement says \"{}\", the certificate \"{}\"", excerpt(in_statement),
                                         excerpt(in_certificate)),
                             what, "do not use it: whoever signed it said what was not so"),
                      std::move(id), checks);
}

Result<void> Case::expect_builder(const std::string& id, bool at_home) const {
  WM_TRY(const BuilderName found, record(split_builder(id), "builder", checks));
  const auto released = [&]() -> Result<void> {
    if (at_home || is_release(found.ref)) return {};
    return record<void>(refuse(ErrorCode::kProvenanceBuilder,
                               fmt::format("the builder is of \"{}\", which is no release vX.Y.Z", found.ref),
                               excerpt(id), "what is not a release can be changed; name it with its @REF to accept it"),
                        "builder", checks);
  };
  if (expected.builder_id.empty()) return released();
  WM_TRY(const BuilderName wanted, record(split_builder(expected.builder_id), "builder", checks));
  const bool named = found.name == wanted.name;
  if (named && wanted.ref.empty() && !found.ref.empty()) return released();
  if (named && (wanted.ref == found.ref || "refs/tags/" + wanted.ref == found.ref)) return {};
  return record<void>(refuse(ErrorCode::kProvenanceBuilder,
                             fmt::format("built by {}, not by {}", excerpt(id), excerpt(expected.builder_id)), {},
                             "compare --builder-id with what the publisher names"),
                      "builder", checks);
}

Result<void> Case::closed(const std::vector<std::string_view>& known) const {
  for (const auto& [name, value] : provenance().external_parameters)
    if (std::ranges::find(known, name) == known.end())
      return record<void>(refuse(ErrorCode::kProvenanceParameter,
                                 fmt::format("the build had the parameter \"{}\", which is not known", excerpt(name)),
                                 "externalParameters", "what it does is unknown"),
                          "parameters", checks);
  return {};
}

ProvenanceFacts facts_of(const SignedProvenance& said, std::string rule) {
  const Provenance& provenance = said.provenance;
  ProvenanceFacts facts;
  facts.predicate_type = provenance.predicate_type;
  facts.build_type = provenance.build_type;
  facts.builder_id = provenance.builder_id;
  facts.rule = std::move(rule);
  facts.invocation = provenance.invocation_id;
  facts.dependencies = provenance.dependencies.size();
  facts.undigested = static_cast<std::size_t>(std::ranges::count_if(
      provenance.dependencies, [](const ResourceDescriptor& one) { return one.digests.empty(); }));
  const auto seconds = [](const std::optional<Instant>& time) -> std::optional<Time> {
    if (!time) return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(*time);
  };
  facts.started = seconds(provenance.started);
  facts.finished = seconds(provenance.finished);
  return facts;
}

ProvenanceSource source_of(const Provenance& provenance) {
  if (provenance.dependencies.empty()) return {};
  const ResourceDescriptor& first = provenance.dependencies.front();
  ProvenanceSource source = parse_source(first.uri);
  source.commit = commit_of(first);
  return source;
}

const Json* value_at(const JsonObject& object, std::string_view path) {
  std::size_t dot = path.find('.');
  const Json* value = member(object, path.substr(0, dot));
  while (value != nullptr && dot != std::string_view::npos) {
    path = path.substr(dot + 1);
    dot = path.find('.');
    value = value->find(path.substr(0, dot));
  }
  return value;
}

std::string text_at(const JsonObject& object, std::string_view path) { return text_of(value_at(object, path)); }

Result<bool> signs_for(const SignedProvenance& said, const ConfiguredBuilder& builder) {
  WM_TRY(const bool named, matches(builder.id, said.provenance.builder_id, builder.id_pattern));
  if (!named) return false;
  if (std::ranges::find(builder.build_types, said.provenance.build_type) == builder.build_types.end()) return false;
  return signed_by(said.signer, builder);
}

std::string signer_name(const SignerReport& signer) {
  const auto& names = signer.identity.names;
  return names.size() == 1 && names.front().kind == SubjectName::Kind::kUri ? names.front().value : "";
}

}  // namespace weightmark
