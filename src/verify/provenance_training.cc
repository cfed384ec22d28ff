// Provenance that Weightmark itself recorded of a training, and of builders in files.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attest/training.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/provenance_rules.h"
#include "verify/provenance_source.h"

namespace weightmark {
namespace {

// Whose names only these platforms' own signatures can stand for.
constexpr auto kPlatforms = std::to_array<std::string_view>(
    {"https://github.com/", "https://gitlab.com/", "https://cloudbuild.googleapis.com/"});

std::unexpected<Error> failed(const Case& it, std::string id, ErrorCode code, std::string what,
                              std::string_view subject) {
  Error error{code, std::move(what), std::string(subject), {}};
  it.checks.push_back({std::move(id), Outcome::kFailed, describe(error), error});
  return std::unexpected(std::move(error));
}

bool is_platform(std::string_view id) {
  return std::ranges::any_of(kPlatforms, [&](std::string_view site) { return id.starts_with(site); });
}

// source_in is the dependency that the statement itself calls the source.
ProvenanceSource source_in(const Provenance& said, const Training& training) {
  for (std::size_t i = 0; i < said.dependencies.size(); ++i) {
    if (training.dependencies.at(i).kind != "source") continue;
    ProvenanceSource source = parse_source(said.dependencies.at(i).uri);
    source.commit = said.dependencies.at(i).digest("gitCommit");
    if (source.commit.empty()) source.commit = said.dependencies.at(i).digest("sha1");
    return source;
  }
  return {};
}

Result<void> check_confirmed(const Case& it, const ProvenanceSource& said, const ProvenanceSource& claimed,
                             const std::string& run) {
  WM_CHECK(it.agree("source", "source", said.uri, claimed.uri, ErrorCode::kProvenanceClaims));
  WM_CHECK(it.agree("source", "source", said.ref, claimed.ref, ErrorCode::kProvenanceClaims));
  WM_CHECK(it.agree("source", "source", said.commit, claimed.commit, ErrorCode::kProvenanceClaims));
  return it.agree("run", "invocationId", it.provenance().invocation_id, run, ErrorCode::kProvenanceClaims);
}

// The builder is the platform's workflow or job that signed.
Result<void> check_platform_builder(const Case& it, const std::string& signer, bool at_home) {
  const std::string& id = it.provenance().builder_id;
  if (id != signer)
    return failed(it, "builder", ErrorCode::kProvenanceBuilderSigner,
                  fmt::format("the statement names {} as the builder, but {} signed it", excerpt(id), excerpt(signer)),
                  "builder.id");
  if (!at_home && it.expected.builder_id.empty())
    return failed(it, "builder", ErrorCode::kProvenanceBuilder,
                  fmt::format("built by {}, which is not of the source's repository", excerpt(id)), "builder.id");
  return it.expect_builder(id, at_home);
}

Result<void> confirm_on_github(const Case& it, const ProvenanceSource& said, ProvenanceFacts& facts) {
  WM_TRY(const GithubClaims claims, record(github_claims(it.said.signer), "claims", it.checks));
  const bool at_home = claims.signer.starts_with(claims.repository + "/");
  WM_CHECK(check_platform_builder(it, claims.signer, at_home));
  facts.source = {claims.repository, claims.ref, claims.commit};
  facts.self_hosted = claims.runner == "self-hosted";
  WM_CHECK(check_confirmed(it, said, facts.source, claims.run));
  if (!claims.run.empty()) facts.invocation = claims.run;
  facts.level_reason = "a step of the build itself made the statement; the platform's own would support more";
  return {};
}

Result<void> confirm_on_gitlab(const Case& it, const ProvenanceSource& said, ProvenanceFacts& facts) {
  WM_TRY(const GitlabClaims claims, record(gitlab_claims(it.said.signer), "claims", it.checks));
  WM_CHECK(check_platform_builder(it, claims.signer, claims.signer.starts_with(claims.project + "//")));
  facts.source = {claims.project, claims.ref, claims.commit};
  facts.self_hosted = claims.runner == "self-hosted";
  WM_CHECK(check_confirmed(it, said, facts.source, claims.job));
  facts.invocation = claims.job;
  facts.level_reason = "a step of the build itself made the statement; the platform's own would support more";
  return {};
}

Result<void> confirm_nothing(const Case& it, const ProvenanceSource& said, ProvenanceFacts& facts) {
  const std::string& id = it.provenance().builder_id;
  if (is_platform(id))
    return failed(it, "builder", ErrorCode::kProvenanceBuilderSigner,
                  fmt::format("the statement names {} as the builder, but {} signed it", excerpt(id),
                              it.said.signer.identity.names.empty() ? "a key of its own"
                                                                    : it.said.signer.identity.names.front().value),
                  "builder.id");
  WM_CHECK(it.expect_builder(id, true));
  facts.source = said;
  facts.unconfirmed.insert(facts.unconfirmed.begin(), {"builder.id", "source"});
  facts.level_reason = "whoever trained it says so; no platform confirms it";
  return {};
}

}  // namespace

Result<ProvenanceFacts> judge_training(const Case& it) {
  WM_TRY(const Training training, record(parse_training(it.provenance()), "parameters", it.checks));
  record_passed(it.checks, "build-type", it.provenance().build_type);
  ProvenanceFacts facts = facts_of(it.said, "weightmark");
  facts.level = 1;
  facts.unconfirmed = {"dependencies", "startedOn", "finishedOn", "training-summary"};
  const ProvenanceSource said = source_in(it.provenance(), training);
  const std::string& issuer = it.said.signer.identity.issuer;
  if (issuer == kGithubIssuer) {
    WM_CHECK(confirm_on_github(it, said, facts));
  } else if (issuer == kGitlabIssuer) {
    WM_CHECK(confirm_on_gitlab(it, said, facts));
  } else {
    WM_CHECK(confirm_nothing(it, said, facts));
  }
  record_passed(it.checks, "builder", facts.builder_id);
  facts.branch = branch_of(facts.source.ref);
  facts.tag = tag_of(facts.source.ref);
  if (!it.expected.inputs.empty())
    return failed(it, "inputs", ErrorCode::kProvenanceInput, "a training has no inputs of a workflow",
                  excerpt(it.expected.inputs.front().first));
  return facts;
}

Result<ProvenanceFacts> judge_configured(const Case& it, const ConfiguredBuilder& builder) {
  const std::vector<std::string_view> known(builder.parameters.begin(), builder.parameters.end());
  WM_CHECK(it.closed(known));
  WM_CHECK(it.expect_builder(it.provenance().builder_id, true));
  record_passed(it.checks, "builder", it.provenance().builder_id);
  record_passed(it.checks, "build-type", it.provenance().build_type);
  ProvenanceFacts facts = facts_of(it.said, builder.name);
  const ProvenanceSource said = source_of(it.provenance());
  facts.source = said;
  if (builder.source_in_certificate) {
    const CertificateIdentity& identity = it.said.signer.identity;
    facts.source = {normal_uri(identity.claim("source-repository-uri")), identity.claim("source-repository-ref"),
                    identity.claim("source-repository-digest")};
    if (facts.source.uri.empty())
      return failed(it, "claims", ErrorCode::kProvenanceClaims, "it does not claim the source repository",
                    "certificate");
    WM_CHECK(check_confirmed(it, said, facts.source, identity.claim("run-invocation-uri")));
    facts.self_hosted = identity.claim("runner-environment") == "self-hosted";
  } else {
    facts.unconfirmed = {"source"};
  }
  facts.branch = branch_of(facts.source.ref);
  facts.tag = tag_of(facts.source.ref);
  facts.by_platform = builder.by_platform;
  facts.level = builder.level;
  facts.level_reason = fmt::format("the file of builders says so of {}", builder.name);
  if (facts.self_hosted && facts.level > 1) {
    facts.level = 1;
    facts.level_reason = "it ran on a machine of the publisher's own";
  }
  if (!it.expected.inputs.empty())
    return failed(it, "inputs", ErrorCode::kProvenanceInput, "a builder from a file has no inputs of a workflow",
                  excerpt(it.expected.inputs.front().first));
  return facts;
}

}  // namespace weightmark
