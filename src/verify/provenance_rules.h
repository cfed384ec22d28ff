// The rules, one file for each kind of builder. What they share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "trust/builders.h"
#include "verify/checks.h"
#include "verify/provenance.h"
#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::string_view kGithubIssuer = "https://token.actions.githubusercontent.com";
inline constexpr std::string_view kGitlabIssuer = "https://gitlab.com";
inline constexpr std::string_view kGoogleBuilder = "https://cloudbuild.googleapis.com/GoogleHostedWorker";

// Case is what a rule is asked about, and where it records its checks.
struct Case {
  const SignedProvenance& said;
  const ProvenanceExpectations& expected;
  std::vector<Check>& checks;

  const Provenance& provenance() const { return said.provenance; }

  // agree passes where both are equal, or one is not said.
  // Errors: `code`, where they differ.
  Result<void> agree(std::string id, std::string_view what, const std::string& in_statement,
                     const std::string& in_certificate, ErrorCode code) const;

  // expect_builder compares an identifier with the caller's; `at_home` where the builder is
  // of the source's own repository, so that any version of it is the publisher's.
  // Errors: provenance-builder, provenance-builder, provenance-malformed.
  Result<void> expect_builder(const std::string& id, bool at_home) const;

  // closed refuses external parameters other than `known`: what they do is unknown.
  // Errors: provenance-parameter.
  Result<void> closed(const std::vector<std::string_view>& known) const;
};

// Each judges all but what judge_provenance says is the same for every builder. The source
// in the result is confirmed as far as the rule can.
Result<ProvenanceFacts> judge_github(const Case& it);
Result<ProvenanceFacts> judge_gitlab(const Case& it);
Result<ProvenanceFacts> judge_google(const Case& it);
Result<ProvenanceFacts> judge_training(const Case& it);
Result<ProvenanceFacts> judge_configured(const Case& it, const ConfiguredBuilder& builder);

// signs_for says whether a configured builder's signer made this, under one of its names
// and build types. Errors: pattern-syntax.
Result<bool> signs_for(const SignedProvenance& said, const ConfiguredBuilder& builder);

// facts_of fills in what provenance says whoever signed it.
ProvenanceFacts facts_of(const SignedProvenance& said, std::string rule);

// source_of is the first dependency, where that is of git; its commit too.
ProvenanceSource source_of(const Provenance& provenance);

// Values at a path of members, such as "workflow.ref"; null or "" where there is none.
const Json* value_at(const JsonObject& object, std::string_view path);
std::string text_at(const JsonObject& object, std::string_view path);  // integers in decimal

// GithubClaims are what a certificate says of a run of GitHub's.
struct GithubClaims {
  std::string signer;      // the workflow that signed: its URI with "@REF"
  std::string repository;  // of the source, a URL
  std::string commit;
  std::string ref;
  std::string trigger;
  std::string workflow;  // that was started, with "@REF"; empty in certificates before 2023
  std::string run;       // URL; empty in certificates before 2023
  std::string runner;    // "github-hosted", "self-hosted"; empty in certificates before 2023
  std::string repository_id;
  std::string owner_id;
};

// github_claims reads and checks them. Errors: provenance-claims, provenance-claims.
Result<GithubClaims> github_claims(const SignerReport& signer);

// GitlabClaims are what a certificate says of a job of GitLab's.
struct GitlabClaims {
  std::string signer;   // the configuration: its URI with "@REF"
  std::string project;  // URL
  std::string commit;
  std::string ref;
  std::string job;     // URL
  std::string runner;  // "gitlab-hosted", "self-hosted"
};

Result<GitlabClaims> gitlab_claims(const SignerReport& signer);

// signer_name is the only name of a certificate, where that is a URI; else "": of several
// it would be unclear whose claims the others are.
std::string signer_name(const SignerReport& signer);

}  // namespace weightmark
