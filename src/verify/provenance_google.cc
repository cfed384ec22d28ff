// Provenance of Google Cloud Build, which Google signs with its own keys.
// https://cloud.google.com/build/docs/securing-builds/view-build-provenance
#include <fmt/format.h>

#include <algorithm>

#include "attest/provenance_v02.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/provenance_rules.h"
#include "verify/provenance_source.h"

namespace weightmark {
namespace {

constexpr std::string_view kTypeV1 = "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1";
constexpr std::string_view kKeyV1 = "/cryptoKeys/google-hosted-worker/";
constexpr std::string_view kBuildMessage = "type.googleapis.com/google.devtools.cloudbuild.v1.Build";

std::unexpected<Error> failed(const Case& it, std::string id, ErrorCode code, std::string what,
                              std::string_view subject) {
  Error error{code, std::move(what), std::string(subject), {}};
  it.checks.push_back({std::move(id), Outcome::kFailed, describe(error), error});
  return std::unexpected(std::move(error));
}

// The newest key signs version 1 and nothing else; the others never do.
Result<void> check_key(const Case& it) {
  const bool newest = it.said.google_key.contains(kKeyV1);
  const bool v1 = it.provenance().predicate_type == kProvenanceV1;
  if (newest == v1) return {};
  return failed(it, "builder", ErrorCode::kProvenanceBuilderSigner,
                fmt::format("the key {} does not sign {}", it.said.google_key, it.provenance().predicate_type),
                "builder.id");
}

Result<void> check_builder(const Case& it) {
  const std::string& id = it.provenance().builder_id;
  WM_TRY(const BuilderName builder, record(split_builder(id), "builder", it.checks));
  const bool v1 = it.provenance().predicate_type == kProvenanceV1;
  const bool known = v1 ? builder.ref.empty() : builder.ref == "v0.2" || builder.ref == "v0.3";
  if (builder.name != kGoogleBuilder || !known)
    return failed(it, "builder", ErrorCode::kProvenanceBuilderSigner,
                  fmt::format("the statement names {} as the builder, but Google Cloud Build signed it", excerpt(id)),
                  "builder.id");
  WM_CHECK(it.expect_builder(id, true));
  record_passed(it.checks, "builder", id);
  return {};
}

bool has_type(const Provenance& said) {
  if (said.predicate_type == kProvenanceV1) return said.build_type == kTypeV1;
  if (said.builder_id.ends_with("@v0.2")) return said.build_type == said.builder_id;
  return said.build_type.starts_with("https://cloudbuild.googleapis.com/CloudBuildYaml@") ||
         said.build_type.starts_with("https://cloudbuild.googleapis.com/CloudBuildSteps@");
}

Result<void> check_type(const Case& it) {
  const Provenance& said = it.provenance();
  if (!has_type(said))
    return failed(it, "build-type", ErrorCode::kProvenanceBuildType,
                  fmt::format("\"{}\" is no type of build of this builder", excerpt(said.build_type)), "buildType");
  record_passed(it.checks, "build-type", said.build_type);
  if (said.predicate_type == kProvenanceV1) return it.closed({"buildConfigSource", "substitutions"});
  WM_CHECK(it.closed({"arguments", "definedInMaterial", "entryPoint"}));
  const std::string message = text_at(said.external_parameters, "arguments.@type");
  if (message == kBuildMessage) return {};
  return failed(it, "parameters", ErrorCode::kProvenanceParameter,
                fmt::format("the build's arguments are of the type \"{}\"", excerpt(message)), "arguments");
}

// source_in reads the first dependency: "URI/commit/SHA" or "URI#…" in version 0.2 of the
// builder, the URI alone in 0.3, "git+URI@ref" in version 1 of the statement. Of an archive
// in Google's storage the generation follows a "#".
ProvenanceSource source_in(const Provenance& said) {
  ProvenanceSource source = source_of(said);
  const bool oldest = said.builder_id.ends_with("@v0.2");
  if (!oldest && !source.uri.starts_with("gs://")) return source;
  constexpr std::string_view kCommit = "/commit/";
  if (const std::size_t at = source.uri.rfind(kCommit); at != std::string::npos) {
    source.commit = source.uri.substr(at + kCommit.size());
    source.uri.erase(at);
  } else if (const std::size_t hash = source.uri.find('#'); hash != std::string::npos) {
    source.uri.erase(hash);
  }
  return source;
}

std::string tag_in(const Provenance& said, const ProvenanceSource& source) {
  if (said.predicate_type != kProvenanceV1)
    return text_at(said.external_parameters, "arguments.substitutions.TAG_NAME");
  const std::string tag = text_at(said.internal_parameters, "systemSubstitutions.TAG_NAME");
  // Both places have to say so.
  const std::string ref = text_at(said.external_parameters, "buildConfigSource.ref");
  return !tag.empty() && (tag_of(ref) == tag || ref == tag || source.ref == "refs/tags/" + tag) ? tag : "";
}

std::string branch_in(const Provenance& said) {
  return said.predicate_type == kProvenanceV1
             ? text_at(said.internal_parameters, "systemSubstitutions.BRANCH_NAME")
             : text_at(said.external_parameters, "arguments.substitutions.BRANCH_NAME");
}

}  // namespace

Result<ProvenanceFacts> judge_google(const Case& it) {
  const Provenance& said = it.provenance();
  WM_CHECK(check_key(it));
  WM_CHECK(check_builder(it));
  WM_CHECK(check_type(it));
  const ProvenanceSource source = source_in(said);
  if (source.uri.empty())
    return failed(it, "source", ErrorCode::kProvenanceSource, "the first dependency is no source", "materials");
  if (!it.expected.inputs.empty())
    return failed(it, "inputs", ErrorCode::kProvenanceInput, "builds of Google Cloud Build have no such inputs",
                  excerpt(it.expected.inputs.front().first));
  ProvenanceFacts facts = facts_of(it.said, "google-cloud-build");
  facts.source = source;
  facts.branch = branch_in(said);
  facts.tag = tag_in(said, source);
  facts.by_platform = true;
  facts.level = said.predicate_type == kProvenanceV1 ? 3 : 2;
  facts.level_reason = facts.level == 3 ? "Google's build service made and signed the statement"
                                        : "Google's build service signed a statement of an older form";
  return facts;
}

}  // namespace weightmark
