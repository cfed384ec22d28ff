// Provenance by GitHub's own action and by slsa-github-generator.
// https://github.com/actions/attest, https://github.com/slsa-framework/slsa-github-generator
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attest/provenance_v02.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/provenance_rules.h"
#include "verify/provenance_source.h"

namespace weightmark {
namespace {

constexpr std::string_view kSite = "https://github.com/";
constexpr std::string_view kGenerators = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/";
constexpr std::string_view kJreleaser = "https://github.com/jreleaser/release-action/";

// https://actions.github.io/buildtypes/workflow/v1
constexpr std::string_view kWorkflowType = "https://actions.github.io/buildtypes/workflow/v1";

// What the generators' documentation calls builders of level 3.
constexpr auto kGeneratorNames =
    std::to_array<std::string_view>({"generator_generic_slsa3.yml", "builder_go_slsa3.yml",
                                     "builder_container-based_slsa3.yml", "generator_container_slsa3.yml"});
// These build for others, whose own workflow the statement names as the builder.
constexpr auto kDelegatorNames =
    std::to_array<std::string_view>({"delegator_generic_slsa3.yml", "delegator_lowperms-generic_slsa3.yml"});

constexpr std::string_view kDelegatorType =
    "https://github.com/slsa-framework/slsa-github-generator/delegator-generic@v0";
constexpr std::string_view kContainerType = "https://slsa.dev/container-based-build/v0.1?draft";
constexpr auto kGeneratorTypes =
    std::to_array<std::string_view>({"https://github.com/slsa-framework/slsa-github-generator/go@v1",
                                     "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
                                     "https://github.com/slsa-framework/slsa-github-generator/container@v1",
                                     "https://github.com/slsa-framework/slsa-github-generator-go@v1",
                                     "https://github.com/slsa-framework/slsa-github-generator@v1"});

bool contains(const auto& list, std::string_view text) { return std::ranges::find(list, text) != list.end(); }

std::unexpected<Error> unknown_type(const Case& it) {
  return refuse(ErrorCode::kProvenanceBuildType,
                fmt::format("\"{}\" is no type of build that {} is known to make", excerpt(it.provenance().build_type),
                            excerpt(it.provenance().builder_id)),
                "buildType", "a file of builders can say what it is (--builders)");
}

// --- claims

Result<void> conflicting(std::string_view what, const std::string& one, const std::string& other) {
  return refuse(ErrorCode::kProvenanceClaims, fmt::format("it claims \"{}\" and \"{}\"", excerpt(one), excerpt(other)),
                what);
}

Result<void> missing(std::string_view claim) {
  return refuse(ErrorCode::kProvenanceClaims, fmt::format("it does not claim the {}", claim), "certificate",
                "it was issued for somebody who is no workflow");
}

// The commit of the workflow's file is that of the source: else the one says nothing of the
// other. The workflow is of the source's repository.
Result<void> check_claims(const CertificateIdentity& identity, const GithubClaims& claims) {
  if (claims.signer.empty()) return missing("workflow that signed");
  if (claims.repository.empty()) return missing("source repository");
  if (claims.commit.empty()) return missing("source commit");
  if (claims.ref.empty()) return missing("source reference");
  if (claims.trigger.empty()) return missing("trigger");
  const std::string digest = identity.claim("build-config-digest");
  if (!digest.empty() && digest != claims.commit) return conflicting("build-config-digest", digest, claims.commit);
  const std::string signer = identity.claim("build-signer-uri");
  if (!signer.empty() && signer != claims.signer) return conflicting("build-signer-uri", signer, claims.signer);
  if (!claims.workflow.empty() && !claims.workflow.starts_with(claims.repository + "/"))
    return conflicting("build-config-uri", claims.workflow, claims.repository);
  if (!claims.run.empty() && !claims.run.starts_with(claims.repository + "/actions/runs/"))
    return conflicting("run-invocation-uri", claims.run, claims.repository);
  return {};
}

std::string repository_of(std::string_view workflow) {
  const std::size_t owner = workflow.find('/', kSite.size());
  const std::size_t end = owner == std::string_view::npos ? owner : workflow.find('/', owner + 1);
  return std::string(workflow.substr(0, end));
}

// path_of is what follows the repository, before "@REF".
std::string path_of(std::string_view workflow, std::string_view repository) {
  const std::size_t at = workflow.find('@');
  return workflow.size() <= repository.size() ? "" : std::string(workflow.substr(0, at).substr(repository.size() + 1));
}

// --- what the statement says of the run

// Context is GitHub's own, as the generators copy it.
struct Context {
  const JsonObject& parameters;
  bool upper = false;  // how the names are spelled

  std::string name(std::string_view key) const {
    std::string text = fmt::format("github_{}", key);
    if (upper)
      std::ranges::transform(text, text.begin(),
                             [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
  }
  std::string text(std::string_view key) const { return text_at(parameters, name(key)); }
  const Json* payload() const { return value_at(parameters, name("event_payload")); }
};

std::string payload_text(const Context& context, std::string_view path) {
  const Json* payload = context.payload();
  const auto* members = payload == nullptr ? nullptr : payload->as<JsonObject>();
  return members == nullptr ? "" : text_at(*members, path);
}

// branch_in: of a tag it is the branch that the tag was pushed with, or released from.
std::string branch_in(const Context& context) {
  const std::string ref = context.text("ref");
  if (const std::string branch = branch_of(ref); !branch.empty()) return branch;
  if (const std::string base = context.text("base_ref"); !base.empty()) return branch_of(base);
  const std::string event = context.text("event_name");
  if (event == "push") return branch_of(payload_text(context, "base_ref"));
  if (event == "release") return payload_text(context, "release.target_commitish");
  return "";
}

Result<void> check_input(const Case& it, const Json* inputs, const std::string& name, const std::string& expected) {
  const auto* members = inputs == nullptr ? nullptr : inputs->as<JsonObject>();
  const Json* value = members == nullptr ? nullptr : value_at(*members, name);
  const std::string* text = value == nullptr ? nullptr : value->as<std::string>();
  const std::string found = text != nullptr ? *text : value == nullptr ? "" : write_json(*value);
  if (value != nullptr && found == expected) return {};
  return record<void>(
      refuse(ErrorCode::kProvenanceInput,
             value == nullptr ? "there was no such input" : fmt::format("was \"{}\"", excerpt(found)), excerpt(name)),
      "inputs", it.checks);
}

// Only those of a workflow that somebody started by hand are recorded.
Result<void> check_inputs(const Case& it, const Context& context) {
  if (it.expected.inputs.empty()) return {};
  if (context.text("event_name") != "workflow_dispatch")
    return record<void>(refuse(ErrorCode::kProvenanceInput, "the workflow was not started with inputs",
                               excerpt(it.expected.inputs.front().first)),
                        "inputs", it.checks);
  const Json* payload = context.payload();
  for (const auto& [name, expected] : it.expected.inputs)
    WM_CHECK(check_input(it, payload == nullptr ? nullptr : payload->find("inputs"), name, expected));
  record_passed(it.checks, "inputs", plural(it.expected.inputs.size(), "input") + " as expected");
  return {};
}

Result<void> check_context(const Case& it, const Context& context, const GithubClaims& claims) {
  const auto agree = [&](std::string_view key, const std::string& claim, ErrorCode code) {
    return it.agree("source", context.name(key), context.text(key), claim, code);
  };
  WM_CHECK(agree("repository_id", claims.repository_id, ErrorCode::kProvenanceClaims));
  WM_CHECK(agree("repository_owner_id", claims.owner_id, ErrorCode::kProvenanceClaims));
  WM_CHECK(agree("sha", claims.commit, ErrorCode::kProvenanceClaims));
  WM_CHECK(agree("sha1", claims.commit, ErrorCode::kProvenanceClaims));
  WM_CHECK(agree("ref", claims.ref, ErrorCode::kProvenanceClaims));
  WM_CHECK(agree("event_name", claims.trigger, ErrorCode::kProvenanceClaims));
  const std::string id = context.text("run_id");
  if (id.empty() || claims.run.empty()) return {};
  const std::string run =
      fmt::format("{}/actions/runs/{}/attempts/{}", claims.repository, id, context.text("run_attempt"));
  return it.agree("run", context.name("run_id"), run, claims.run, ErrorCode::kProvenanceClaims);
}

// --- the source

// check_source compares one place of the statement with the certificate; the reference has
// to be there unless `ref_optional`.
Result<void> check_source(const Case& it, std::string_view what, const std::string& uri, const std::string& commit,
                          const GithubClaims& claims, bool ref_optional = false) {
  const ProvenanceSource source = parse_source(uri);
  WM_CHECK(it.agree("source", what, source.uri, claims.repository, ErrorCode::kProvenanceClaims));
  if (source.uri.empty() || (source.ref.empty() && !ref_optional))
    return record<void>(
        refuse(ErrorCode::kProvenanceSource, fmt::format("\"{}\" has no source with a reference", excerpt(uri)), what),
        "source", it.checks);
  WM_CHECK(it.agree("source", what, source.ref, claims.ref, ErrorCode::kProvenanceClaims));
  // What was committed in the run itself is another commit, and then has no reference.
  if (source.ref.empty()) return {};
  return it.agree("source", what, commit, claims.commit, ErrorCode::kProvenanceClaims);
}

// The first dependency is the source, by contract of every builder here.
Result<void> check_dependency(const Case& it, const GithubClaims& claims, bool ref_optional = false) {
  const auto& dependencies = it.provenance().dependencies;
  const std::string uri = dependencies.empty() ? "" : dependencies.front().uri;
  return check_source(it, "the first dependency", uri, source_of(it.provenance()).commit, claims, ref_optional);
}

ProvenanceFacts source_facts(const Case& it, std::string rule, const GithubClaims& claims) {
  ProvenanceFacts facts = facts_of(it.said, std::move(rule));
  facts.source = {claims.repository, claims.ref, claims.commit};
  facts.branch = branch_of(claims.ref);
  facts.tag = tag_of(claims.ref);
  if (!claims.run.empty()) facts.invocation = claims.run;
  facts.self_hosted = claims.runner == "self-hosted";
  facts.by_platform = true;
  return facts;
}

void self_hosted(ProvenanceFacts& facts) {
  facts.level = std::min(facts.level, 1U);
  facts.level_reason = "it ran on a machine of the publisher's own";
}

// --- the generators

Result<void> check_builder_is_signer(const Case& it, const GithubClaims& claims) {
  if (it.provenance().builder_id == claims.signer) return {};
  return record<void>(refuse(ErrorCode::kProvenanceBuilderSigner,
                             fmt::format("the statement names {} as the builder, but {} signed it",
                                         excerpt(it.provenance().builder_id), excerpt(claims.signer)),
                             "builder.id", "a builder may only speak for itself"),
                      "builder", it.checks);
}

// A builder that a delegator built for: one of the generators' own unless the caller names
// it. JReleaser's releases have the language in their version.
Result<void> check_delegated(const Case& it) {
  const std::string& id = it.provenance().builder_id;
  WM_TRY(const BuilderName builder, record(split_builder(id), "builder", it.checks));
  if (it.expected.builder_id.empty() && !builder.name.starts_with(kGenerators))
    return record<void>(
        refuse(ErrorCode::kProvenanceBuilder, fmt::format("built by {}, which nobody named", excerpt(id)), {},
               "name it with --builder-id where you trust it"),
        "builder", it.checks);
  constexpr std::string_view kJava = "-java";
  const bool jreleaser = builder.name.starts_with(kJreleaser) && builder.ref.ends_with(kJava) &&
                         is_release(builder.ref.substr(0, builder.ref.size() - kJava.size()));
  if (!jreleaser && !is_release(builder.ref))
    return record<void>(
        refuse(ErrorCode::kProvenanceBuilder,
               fmt::format("the builder is of \"{}\", which is no release vX.Y.Z", builder.ref), excerpt(id)),
        "builder", it.checks);
  return it.expect_builder(id, true);
}

Result<void> check_generated_by(const Case& it, const GithubClaims& claims, bool delegated) {
  WM_TRY(const BuilderName signer, record(split_builder(claims.signer), "builder", it.checks));
  if (!is_release(signer.ref))
    return record<void>(refuse(ErrorCode::kProvenanceBuilder,
                               fmt::format("the builder is of \"{}\", which is no release vX.Y.Z", signer.ref),
                               excerpt(claims.signer), "only released generators are known to be what they say"),
                        "builder", it.checks);
  if (delegated) return check_delegated(it);
  WM_CHECK(check_builder_is_signer(it, claims));
  return it.expect_builder(claims.signer, true);
}

Result<void> check_v02(const Case& it, const GithubClaims& claims) {
  const Provenance& said = it.provenance();
  const JsonObject& external = said.external_parameters;
  const std::string commit = text_at(external, "configSource.digest.sha1");
  WM_CHECK(check_source(it, "configSource", text_at(external, "configSource.uri"), commit, claims));
  WM_CHECK(it.agree("source", "configSource.entryPoint", text_at(external, "configSource.entryPoint"),
                    path_of(claims.workflow, claims.repository), ErrorCode::kProvenanceClaims));
  return check_dependency(it, claims);
}

Result<void> check_v1(const Case& it, const GithubClaims& claims, bool delegated) {
  const JsonObject& external = it.provenance().external_parameters;
  if (delegated) {
    WM_CHECK(it.closed({"inputs", "vars", "workflow"}));
  } else {
    WM_CHECK(it.closed({"source", "builderImage", "configPath", "buildConfig"}));
    const std::string commit = text_at(external, "source.digest.sha1");
    WM_CHECK(check_source(it, "externalParameters.source", text_at(external, "source.uri"), commit, claims));
  }
  WM_CHECK(it.agree("run", "invocationId", it.provenance().invocation_id, claims.run, ErrorCode::kProvenanceClaims));
  const std::string started = text_at(it.provenance().internal_parameters, "GITHUB_WORKFLOW_REF");
  if (started.empty())
    return record<void>(
        refuse(ErrorCode::kProvenanceSource, "does not say which workflow was started", "GITHUB_WORKFLOW_REF"),
        "source", it.checks);
  const std::string workflow = claims.workflow.starts_with(kSite) ? claims.workflow.substr(kSite.size()) : "";
  WM_CHECK(it.agree("source", "GITHUB_WORKFLOW_REF", started, workflow, ErrorCode::kProvenanceClaims));
  return check_dependency(it, claims, delegated);
}

// generated_type says whether the builder makes that type.
bool generated_type(const Provenance& said, bool delegated) {
  if (said.predicate_type == kProvenanceV02) return !delegated && contains(kGeneratorTypes, said.build_type);
  return said.build_type == (delegated ? kDelegatorType : kContainerType);
}

Result<ProvenanceFacts> judge_generator(const Case& it, const GithubClaims& claims, bool delegated) {
  const Provenance& said = it.provenance();
  WM_CHECK(check_generated_by(it, claims, delegated));
  record_passed(it.checks, "builder", said.builder_id);
  if (!generated_type(said, delegated)) return record<ProvenanceFacts>(unknown_type(it), "build-type", it.checks);
  record_passed(it.checks, "build-type", said.build_type);
  const bool v02 = said.predicate_type == kProvenanceV02;
  WM_CHECK(v02 ? check_v02(it, claims) : check_v1(it, claims, delegated));
  const Json* environment = value_at(said.internal_parameters, "environment");
  const auto* members = environment == nullptr ? nullptr : environment->as<JsonObject>();
  static const JsonObject none;
  const Context context{v02 ? (members == nullptr ? none : *members) : said.internal_parameters, !v02};
  WM_CHECK(check_context(it, context, claims));
  WM_CHECK(check_inputs(it, context));
  ProvenanceFacts facts = source_facts(it, "slsa-github-generator", claims);
  if (delegated) {
    const ProvenanceSource built = source_of(said);
    facts.source.ref = built.ref;
    facts.source.commit = built.commit;
    facts.tag = tag_of(built.ref);
  }
  facts.branch = delegated && facts.source.ref.empty() ? "" : branch_in(context);
  facts.level = 3;
  facts.level_reason = "a released generator of the SLSA project built and signed apart from the caller's steps";
  if (facts.self_hosted) self_hosted(facts);
  return facts;
}

// --- GitHub's own action, in any workflow

Result<void> check_workflow_parameters(const Case& it, const GithubClaims& claims) {
  const JsonObject& external = it.provenance().external_parameters;
  WM_CHECK(it.closed({"workflow"}));
  const Json* workflow = value_at(external, "workflow");
  const auto* members = workflow == nullptr ? nullptr : workflow->as<JsonObject>();
  if (members == nullptr)
    return record<void>(refuse(ErrorCode::kProvenanceSource, "does not say which workflow was started", "workflow"),
                        "source", it.checks);
  for (const auto& [name, value] : *members)
    if (name != "ref" && name != "repository" && name != "path")
      return record<void>(refuse(ErrorCode::kProvenanceParameter,
                                 fmt::format("the build had the parameter \"{}\", which is not known", excerpt(name)),
                                 "externalParameters.workflow"),
                          "parameters", it.checks);
  const std::string uri =
      fmt::format("{}@{}", text_at(external, "workflow.repository"), text_at(external, "workflow.ref"));
  WM_CHECK(check_source(it, "externalParameters.workflow", uri, "", claims));
  return it.agree("source", "externalParameters.workflow.path", text_at(external, "workflow.path"),
                  path_of(claims.workflow, claims.repository), ErrorCode::kProvenanceClaims);
}

Result<void> check_internal(const Case& it, const GithubClaims& claims) {
  const JsonObject& internal = it.provenance().internal_parameters;
  const auto agree = [&](std::string_view key, const std::string& claim, ErrorCode code) {
    return it.agree("source", key, text_at(internal, key), claim, code);
  };
  WM_CHECK(agree("github.event_name", claims.trigger, ErrorCode::kProvenanceClaims));
  WM_CHECK(agree("github.repository_id", claims.repository_id, ErrorCode::kProvenanceClaims));
  WM_CHECK(agree("github.repository_owner_id", claims.owner_id, ErrorCode::kProvenanceClaims));
  WM_CHECK(agree("github.runner_environment", claims.runner, ErrorCode::kProvenanceClaims));
  return it.agree("run", "invocationId", it.provenance().invocation_id, claims.run, ErrorCode::kProvenanceClaims);
}

// A workflow of another repository is somebody else's builder: the caller has to name it.
Result<void> check_workflow_builder(const Case& it, const GithubClaims& claims) {
  WM_CHECK(check_builder_is_signer(it, claims));
  const bool at_home = repository_of(claims.signer) == claims.repository;
  if (!at_home && it.expected.builder_id.empty())
    return record<void>(
        refuse(ErrorCode::kProvenanceBuilder,
               fmt::format("built by {}, which is not of {}", excerpt(claims.signer), claims.repository), {},
               "name it with --builder-id where you trust it"),
        "builder", it.checks);
  WM_CHECK(it.expect_builder(claims.signer, at_home));
  record_passed(it.checks, "builder", claims.signer);
  return {};
}

Result<ProvenanceFacts> judge_workflow(const Case& it, const GithubClaims& claims) {
  WM_CHECK(check_workflow_builder(it, claims));
  record_passed(it.checks, "build-type", it.provenance().build_type);
  WM_CHECK(check_workflow_parameters(it, claims));
  WM_CHECK(check_internal(it, claims));
  WM_CHECK(check_dependency(it, claims));
  if (!it.expected.inputs.empty())
    return record<ProvenanceFacts>(refuse(ErrorCode::kProvenanceInput, "this type of build records no inputs",
                                          excerpt(it.expected.inputs.front().first)),
                                   "inputs", it.checks);
  ProvenanceFacts facts = source_facts(it, "github-attest", claims);
  facts.level = 2;
  facts.level_reason = "GitHub's certificate confirms the run, and the build's own job made the statement";
  if (claims.runner.empty()) {
    facts.level = 1;
    facts.level_reason = "the certificate does not say on whose machine it ran";
  }
  if (facts.self_hosted) self_hosted(facts);
  return facts;
}

}  // namespace

Result<GithubClaims> github_claims(const SignerReport& signer) {
  const CertificateIdentity& identity = signer.identity;
  GithubClaims claims{signer_name(signer),
                      identity.claim("source-repository-uri"),
                      identity.claim("source-repository-digest"),
                      identity.claim("source-repository-ref"),
                      identity.claim("build-trigger"),
                      identity.claim("build-config-uri"),
                      identity.claim("run-invocation-uri"),
                      identity.claim("runner-environment"),
                      identity.claim("source-repository-identifier"),
                      identity.claim("source-repository-owner-identifier")};
  WM_CHECK(check_claims(identity, claims));
  return claims;
}

Result<ProvenanceFacts> judge_github(const Case& it) {
  WM_TRY(const GithubClaims claims, record(github_claims(it.said.signer), "claims", it.checks));
  const std::string_view signer = claims.signer;
  if (signer.starts_with(kGenerators)) {
    const std::string_view name = signer.substr(kGenerators.size(), signer.find('@') - kGenerators.size());
    if (contains(kGeneratorNames, name)) return judge_generator(it, claims, false);
    if (contains(kDelegatorNames, name)) return judge_generator(it, claims, true);
  }
  if (it.provenance().build_type == kWorkflowType) return judge_workflow(it, claims);
  return record<ProvenanceFacts>(unknown_type(it), "build-type", it.checks);
}

}  // namespace weightmark
