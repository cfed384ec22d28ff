// What a policy demands of how a model was made (docs/judgement.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_document.h"
#include "trust/policy_signers.h"
#include "trust/python_version.h"
#include "trust/resource_pattern.h"
#include "weightmark/policy.h"

namespace weightmark {

// ResourceLists say which resources of a kind there must be, may be, and may not be.
struct ResourceLists {
  std::vector<ResourcePattern> required;
  std::vector<ResourcePattern> allowed;  // any where it is empty
  std::vector<ResourcePattern> forbidden;
};

// LicenseLists are patterns of SPDX identifiers, in lower case.
struct LicenseLists {
  std::vector<std::string> allowed;  // any where it is empty
  std::vector<std::string> forbidden;

  bool is_empty() const { return allowed.empty() && forbidden.empty(); }
};

// KnownSigners are who signs the resources of a URI.
struct KnownSigners {
  ResourcePattern of;
  std::vector<NamedSigner> who;
};

// InputDemands are about each dataset and each model that went in.
struct InputDemands {
  bool digests = false;         // there must be one, of what did not change meanwhile
  bool signatures = false;      // each must have been signed, and verified before
  bool signer_changes = false;  // forbidden, against the version before
  bool immutable_uris = false;
  bool listed_files = false;  // no file was read that the digest does not cover
  bool observed = false;      // nothing is only declared
  bool pinned_code = false;   // what brings code must have a digest
  std::vector<KnownSigners> signers;
};

// TrainingDemands are about how far the training went.
struct TrainingDemands {
  bool completed = false;
  bool epochs = false;
  bool settled_loss = false;
  bool plausible_compute = false;
  bool evaluation = false;
  bool separate_evaluation = false;
  std::optional<std::int64_t> least_tokens_per_parameter;
};

// SummaryDemands say whose verification summary counts in place of the provenance
// (FORMAT, section 10).
struct SummaryDemands {
  std::string verifier;  // URI
  std::vector<PolicySigner> signers;
  std::vector<std::string> policies;  // "sha256:HEX" or "weightmarkPolicyV1:HEX"
  std::string resource;               // URI, in which "{name}" stands for the signed name
  unsigned level = 0;
  std::chrono::days max_age{0};
};

// Completeness says what a list of inputs is taken for that nobody saw to be complete.
enum class Completeness : std::uint8_t {
  kUnsaid,    // incomplete: what must not be there cannot be told
  kRequired,  // refused
  kAssumed,   // complete
};

struct ProvenancePolicy {
  std::vector<PolicySigner> signers;
  std::vector<ResourcePattern> sources;
  std::vector<ResourcePattern> builders;
  std::optional<unsigned> level;
  std::optional<std::chrono::hours> signed_within;  // of the end of the build
  bool clean_source = false;
  bool network_denied = false;
  bool undeclared_forbidden = false;
  Completeness complete = Completeness::kUnsaid;
  ResourceLists datasets;
  ResourceLists base_models;
  std::vector<ResourcePattern> forbidden_synthesizers;
  LicenseLists licenses;
  std::vector<PackageRange> forbidden_packages;
  InputDemands inputs;
  TrainingDemands training;
  std::optional<SummaryDemands> summary;

  // needs_root says whether it has signers of Sigstore.
  bool needs_root() const;
};

// parse_provenance_policy takes the member `provenance` of a publisher, whose own signers
// sign provenance where it names no others. Nothing where it is absent.
// Errors: policy-malformed, pattern-syntax, those of files.
Result<std::optional<ProvenancePolicy>> parse_provenance_policy(const JsonView& publisher,
                                                                const std::vector<PolicySigner>& signers,
                                                                const PolicyFiles& files);

}  // namespace weightmark
