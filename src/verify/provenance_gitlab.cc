// Provenance of GitLab CI, signed with the identity of a job.
// https://gitlab.com/gitlab-org/gitlab-runner, PROVENANCE.md;
// https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/try.h"
#include "verify/provenance_rules.h"
#include "verify/provenance_source.h"

namespace weightmark {
namespace {

constexpr std::string_view kRunnerTypes = "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/";
constexpr std::string_view kRunnerTypesEnd = "/PROVENANCE.md";
constexpr std::string_view kControlPlaneType = "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1";

bool is_runner_type(std::string_view type) { return type.starts_with(kRunnerTypes) && type.ends_with(kRunnerTypesEnd); }

Result<void> missing(std::string_view claim) {
  return refuse(ErrorCode::kProvenanceClaims, fmt::format("it does not claim the {}", claim), "certificate",
                "it was issued for somebody who is no job");
}

Result<void> check_claims(const CertificateIdentity& identity, const GitlabClaims& claims) {
  if (claims.signer.empty()) return missing("configuration that signed");
  if (claims.project.empty()) return missing("project");
  if (claims.commit.empty()) return missing("commit");
  if (claims.ref.empty()) return missing("reference");
  if (claims.job.empty()) return missing("job");
  // https://gitlab.com/PROJECT//CONFIGURATION@REF
  const std::string config = identity.claim("build-config-uri");
  const bool of_project = claims.signer.starts_with(claims.project + "//");
  const bool same = config.empty() || config == claims.signer;
  if (of_project && same && claims.job.starts_with(claims.project + "/-/jobs/")) return {};
  return refuse(ErrorCode::kProvenanceClaims,
                fmt::format("it names {} and {}", excerpt(claims.signer), excerpt(claims.project)), "certificate");
}

// A runner is named below its project; the control plane by the platform's own name.
Result<void> check_builder(const Case& it, const GitlabClaims& claims) {
  const std::string& id = it.provenance().builder_id;
  const bool runner = id.starts_with(claims.project + "/-/runners/");
  const bool control_plane =
      id == claims.project || id.starts_with("https://gitlab.com/gitlab-org/") || id == std::string(kGitlabIssuer);
  const bool own = is_runner_type(it.provenance().build_type) ? runner : runner || control_plane;
  if (!own)
    return record<void>(refuse(ErrorCode::kProvenanceBuilderSigner,
                               fmt::format("the statement names {} as the builder, but a job of {} signed it",
                                           excerpt(id), excerpt(claims.project)),
                               "builder.id", "a builder may only speak for itself"),
                        "builder", it.checks);
  WM_CHECK(it.expect_builder(id, true));
  record_passed(it.checks, "builder", id);
  return {};
}

// The source is a URL, with ".git" or without.
Result<void> check_source(const Case& it, const GitlabClaims& claims) {
  const JsonObject& external = it.provenance().external_parameters;
  const std::string source = normal_uri(text_at(external, "source"));
  WM_CHECK(it.agree("source", "externalParameters.source", source, claims.project, ErrorCode::kProvenanceClaims));
  ProvenanceSource built = source_of(it.provenance());
  // Runners write the commit's hash under this name.
  if (built.commit.empty() && !it.provenance().dependencies.empty())
    built.commit = it.provenance().dependencies.front().digest("sha256");
  if (built.uri.empty() || built.commit.empty())
    return record<void>(
        refuse(ErrorCode::kProvenanceSource, "the first dependency is no source with a commit", "resolvedDependencies"),
        "source", it.checks);
  WM_CHECK(it.agree("source", "the first dependency", built.uri, claims.project, ErrorCode::kProvenanceClaims));
  return it.agree("source", "the first dependency", built.commit, claims.commit, ErrorCode::kProvenanceClaims);
}

// run_of is the job's number: the statement has it alone, or in a URL.
std::string number_of(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  return std::string(slash == std::string_view::npos ? text : text.substr(slash + 1));
}

Result<void> check_job(const Case& it, const GitlabClaims& claims) {
  const std::string job = number_of(claims.job);
  const Provenance& said = it.provenance();
  WM_CHECK(it.agree("run", "invocationId", number_of(said.invocation_id), job, ErrorCode::kProvenanceClaims));
  const std::string internal = text_at(said.internal_parameters, "job");
  return it.agree("run", "internalParameters.job", number_of(internal), job, ErrorCode::kProvenanceClaims);
}

}  // namespace

Result<GitlabClaims> gitlab_claims(const SignerReport& signer) {
  const CertificateIdentity& identity = signer.identity;
  const std::string ref = identity.claim("source-repository-ref");
  GitlabClaims claims{signer_name(signer),
                      identity.claim("source-repository-uri"),
                      identity.claim("source-repository-digest"),
                      ref,
                      identity.claim("run-invocation-uri"),
                      identity.claim("runner-environment")};
  WM_CHECK(check_claims(identity, claims));
  return claims;
}

Result<ProvenanceFacts> judge_gitlab(const Case& it) {
  WM_TRY(const GitlabClaims claims, record(gitlab_claims(it.said.signer), "claims", it.checks));
  const std::string& type = it.provenance().build_type;
  if (!is_runner_type(type) && type != kControlPlaneType)
    return record<ProvenanceFacts>(
        refuse(ErrorCode::kProvenanceBuildType, fmt::format("\"{}\" is no type of build of GitLab's", excerpt(type)),
               "buildType"),
        "build-type", it.checks);
  record_passed(it.checks, "build-type", type);
  WM_CHECK(it.closed({"source", "entryPoint", "variables"}));
  WM_CHECK(check_builder(it, claims));
  WM_CHECK(check_source(it, claims));
  WM_CHECK(check_job(it, claims));
  if (!it.expected.inputs.empty())
    return record<ProvenanceFacts>(refuse(ErrorCode::kProvenanceInput, "jobs of GitLab's have no such inputs",
                                          excerpt(it.expected.inputs.front().first)),
                                   "inputs", it.checks);
  ProvenanceFacts facts = facts_of(it.said, "gitlab");
  facts.source = {claims.project, claims.ref, claims.commit};
  facts.branch = branch_of(claims.ref);
  facts.tag = tag_of(claims.ref);
  facts.invocation = claims.job;
  facts.by_platform = true;
  facts.self_hosted = claims.runner == "self-hosted";
  facts.level = claims.runner == "gitlab-hosted" ? 2 : 1;
  // The control plane's statements are signed with the same identity that a job can have.
  facts.level_reason = facts.level == 2 ? "GitLab's certificate confirms the job, which could have made the statement"
                                        : "it ran on a machine of the publisher's own, or nobody says where";
  facts.unconfirmed = {"variables", "startedOn", "finishedOn", "builder.id"};
  return facts;
}

}  // namespace weightmark
