// Provenance of each builder, valid and with one fault, for tests. Header-only.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/provenance.h"
#include "attest/provenance_v02.h"
#include "attest/training.h"
#include "base/json_document.h"
#include "crypto/pki_testing.h"
#include "verify/provenance.h"

namespace weightmark::testing {

inline constexpr const char* kRepository = "https://github.com/acme/tinylm";
inline constexpr const char* kCommit = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d";
inline constexpr const char* kTag = "refs/tags/v1.4.0";
inline constexpr const char* kRun = "https://github.com/acme/tinylm/actions/runs/66/attempts/1";
inline constexpr const char* kWorkflow = "https://github.com/acme/tinylm/.github/workflows/train.yml@refs/tags/v1.4.0";
inline constexpr const char* kGenerator =
    "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/"
    "v2.1.0";
inline constexpr const char* kDelegator =
    "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/delegator_generic_slsa3.yml@refs/tags/"
    "v2.1.0";
inline constexpr const char* kSubjectDigest = "9f2c6d0e4f5b1a7788c0d3e2a1b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6";

inline void set_claim(SignerReport& signer, std::string_view name, std::string value) {
  std::erase_if(signer.identity.claims, [&](const Claim& claim) { return claim.name == name; });
  if (!value.empty()) signer.identity.claims.push_back({std::string(name), std::move(value)});
}

// github_signer is who a run of that workflow signs as.
inline SignerReport github_signer(const std::string& workflow = kWorkflow) {
  SignerReport signer{"sigstore", "EC P-256", "00", {}, "DSSE"};
  signer.identity = {{{SubjectName::Kind::kUri, workflow}}, "https://token.actions.githubusercontent.com", {}};
  set_claim(signer, "build-signer-uri", workflow);
  set_claim(signer, "runner-environment", "github-hosted");
  set_claim(signer, "source-repository-uri", kRepository);
  set_claim(signer, "source-repository-digest", kCommit);
  set_claim(signer, "source-repository-ref", kTag);
  set_claim(signer, "source-repository-identifier", "11");
  set_claim(signer, "source-repository-owner-identifier", "22");
  set_claim(signer, "build-config-uri", kWorkflow);
  set_claim(signer, "build-config-digest", kCommit);
  set_claim(signer, "build-trigger", "push");
  set_claim(signer, "run-invocation-uri", kRun);
  signer.times = {{kTestNow, "https://rekor.example"}};
  return signer;
}

inline Provenance parsed(std::string_view type, std::string_view json) {
  return parse_provenance(type, JsonDocument::parse(json).value().root(ErrorCode::kInternal)).value();
}

inline SignedProvenance said_by(SignerReport signer, Provenance provenance) {
  return {std::move(provenance), {{"tinylm", {{"sha256", kSubjectDigest}}}}, std::move(signer), "{}", "", true};
}

// github_attest is what GitHub's own action writes.
inline SignedProvenance github_attest(const std::string& workflow = kWorkflow) {
  return said_by(github_signer(workflow), parsed(kProvenanceV1, R"({
    "buildDefinition": {
      "buildType": "https://actions.github.io/buildtypes/workflow/v1",
      "externalParameters": {"workflow": {"ref": "refs/tags/v1.4.0", "repository": "https://github.com/acme/tinylm",
                                          "path": ".github/workflows/train.yml"}},
      "internalParameters": {"github": {"event_name": "push", "repository_id": "11", "repository_owner_id": "22",
                                        "runner_environment": "github-hosted"}},
      "resolvedDependencies": [{"uri": "git+https://github.com/acme/tinylm@refs/tags/v1.4.0",
                                "digest": {"gitCommit": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"}}]},
    "runDetails": {"builder": {"id": ")" + workflow + R"("},
                   "metadata": {"invocationId": "https://github.com/acme/tinylm/actions/runs/66/attempts/1"}}})"));
}

// generated is what a generator of the SLSA project writes, by version 0.2.
inline SignedProvenance generated() {
  return said_by(github_signer(kGenerator), parsed(kProvenanceV02, std::string(R"({
    "builder": {"id": ")") + kGenerator + R"("},
    "buildType": "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
    "invocation": {
      "configSource": {"uri": "git+https://github.com/acme/tinylm@refs/tags/v1.4.0",
                       "digest": {"sha1": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"},
                       "entryPoint": ".github/workflows/train.yml"},
      "environment": {"github_event_name": "push", "github_ref": "refs/tags/v1.4.0", "github_ref_type": "tag",
                      "github_base_ref": "", "github_repository_id": "11", "github_repository_owner_id": "22",
                      "github_sha1": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d", "github_run_id": "66",
                      "github_run_attempt": "1",
                      "github_event_payload": {"base_ref": "refs/heads/main", "inputs": {"steps": "100", "fast": true}}}},
    "metadata": {"buildInvocationID": "66-1"},
    "materials": [{"uri": "git+https://github.com/acme/tinylm@refs/tags/v1.4.0",
                   "digest": {"sha1": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"}}]})"));
}

// delegated is what a generator writes for a builder that brings its own workflow.
inline SignedProvenance delegated(const std::string& builder) {
  return said_by(github_signer(kDelegator), parsed(kProvenanceV1, R"({
    "buildDefinition": {
      "buildType": "https://github.com/slsa-framework/slsa-github-generator/delegator-generic@v0",
      "externalParameters": {"inputs": {"a": 1}, "vars": {}},
      "internalParameters": {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/tags/v1.4.0", "GITHUB_REF_TYPE": "tag",
          "GITHUB_RUN_ID": 66, "GITHUB_RUN_ATTEMPT": "1",
          "GITHUB_WORKFLOW_REF": "acme/tinylm/.github/workflows/train.yml@refs/tags/v1.4.0"},
      "resolvedDependencies": [{"uri": "git+https://github.com/acme/tinylm@refs/tags/v1.4.0",
                                "digest": {"gitCommit": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"}}]},
    "runDetails": {"builder": {"id": ")" + builder + R"("},
                   "metadata": {"invocationId": "https://github.com/acme/tinylm/actions/runs/66/attempts/1"}}})"));
}

// gitlab_signer is who a job of GitLab's signs as.
inline SignerReport gitlab_signer() {
  const std::string config = "https://gitlab.com/acme/tinylm//.gitlab-ci.yml@refs/heads/main";
  SignerReport signer{"sigstore", "EC P-256", "00", {}, "DSSE"};
  signer.identity = {{{SubjectName::Kind::kUri, config}}, "https://gitlab.com", {}};
  set_claim(signer, "build-config-uri", config);
  set_claim(signer, "runner-environment", "gitlab-hosted");
  set_claim(signer, "source-repository-uri", "https://gitlab.com/acme/tinylm");
  set_claim(signer, "source-repository-digest", kCommit);
  set_claim(signer, "source-repository-ref", "refs/heads/main");
  set_claim(signer, "run-invocation-uri", "https://gitlab.com/acme/tinylm/-/jobs/77");
  signer.times = {{kTestNow, "https://rekor.example"}};
  return signer;
}

// gitlab_runner is what a runner of GitLab's writes.
inline SignedProvenance gitlab_runner() {
  return said_by(gitlab_signer(), parsed(kProvenanceV1, R"({
    "buildDefinition": {
      "buildType": "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/17.1.0/PROVENANCE.md",
      "externalParameters": {"source": "https://gitlab.com/acme/tinylm", "entryPoint": "train",
                             "variables": {"CI": "true", "TOKEN": "[MASKED]"}},
      "internalParameters": {"name": "runner", "executor": "docker+machine", "architecture": "amd64", "job": 77},
      "resolvedDependencies": [{"uri": "https://gitlab.com/acme/tinylm",
                                "digest": {"sha256": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"}}]},
    "runDetails": {"builder": {"id": "https://gitlab.com/acme/tinylm/-/runners/5"},
                   "metadata": {"invocationId": "77", "startedOn": "2024-12-31T23:00:00Z",
                                "finishedOn": "2024-12-31T23:30:00Z"}}})"));
}

// google_build is what Google Cloud Build writes by version 1.
inline SignedProvenance google_build() {
  SignedProvenance said = said_by({"key", "EC P-256", "00", {}, "DSSE"}, parsed(kProvenanceV1, R"({
    "buildDefinition": {
      "buildType": "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1",
      "externalParameters": {"buildConfigSource": {"path": "cloudbuild.yaml", "ref": "refs/tags/v1.4.0",
                                                   "repository": "git+https://github.com/acme/tinylm"},
                             "substitutions": {}},
      "internalParameters": {"systemSubstitutions": {"TAG_NAME": "v1.4.0", "BRANCH_NAME": "main"}},
      "resolvedDependencies": [{"uri": "git+https://github.com/acme/tinylm@refs/tags/v1.4.0",
                                "digest": {"gitCommit": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"}}]},
    "runDetails": {"builder": {"id": "https://cloudbuild.googleapis.com/GoogleHostedWorker"},
                   "metadata": {"invocationId": "https://cloudbuild.googleapis.com/v1/projects/p/builds/9"},
                   "byproducts": [{}]}})"));
  said.google_key =
      "projects/verified-builder/locations/global/keyRings/attestor/cryptoKeys/google-hosted-worker/cryptoKeyVersions/"
      "1";
  return said;
}

// trained is what Weightmark itself records.
inline SignedProvenance trained(SignerReport signer, const std::string& builder) {
  Provenance provenance;
  provenance.builder_id = builder;
  provenance.invocation_id = kRun;
  provenance.started = parse_rfc3339("2024-12-31T20:00:00Z");
  provenance.finished = parse_rfc3339("2024-12-31T22:00:00Z");
  provenance.dependencies = {
      {"source", "git+https://github.com/acme/tinylm@refs/tags/v1.4.0", {{"gitCommit", kCommit}}, "", "", {}},
      {"data", "hf://datasets/acme/mix@12", {{"sha256", "ab"}}, "", "", {}}};
  Training training;
  training.parameters.entry_point = {"python3", "train.py"};
  training.conditions.network = "denied";
  training.conditions.filesystem = "readonly-inputs";
  training.conditions.io_uring = "denied";
  training.conditions.tier = "A";
  training.conditions.mode = "fanotify";
  training.dependencies.resize(2);
  training.dependencies[0].kind = "source";
  training.dependencies[1].kind = "dataset";
  write_training(training, provenance);
  return said_by(std::move(signer), std::move(provenance));
}

// judged is the code of what is wrong with it, or "accepted".
inline std::string judged(const SignedProvenance& said, const ProvenanceExpectations& expected = {},
                          const Builders& builders = {}) {
  std::vector<Check> checks;
  const auto facts = judge_provenance(said, builders, expected, kTestNow, checks);
  if (facts) return "accepted";
  // The first failed check is what is reported.
  for (const Check& check : checks)
    if (check.error) return check.error->code == facts.error().code ? std::string(code_name(facts.error().code)) : "?";
  return "not recorded";
}

inline ProvenanceFacts facts_in(const SignedProvenance& said, const ProvenanceExpectations& expected = {},
                                const Builders& builders = {}) {
  std::vector<Check> checks;
  return judge_provenance(said, builders, expected, kTestNow, checks).value();
}

// changed applies a fault.
inline SignedProvenance changed(SignedProvenance said, const std::function<void(SignedProvenance&)>& fault) {
  fault(said);
  return said;
}

}  // namespace weightmark::testing
