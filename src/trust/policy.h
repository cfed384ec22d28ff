// What a policy holds (FORMAT, section 10; docs/policy.md).
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "trust/policy_signers.h"
#include "trust/provenance_policy.h"
#include "weightmark/content.h"
#include "weightmark/manifest.h"
#include "weightmark/policy.h"
#include "weightmark/trusted_root.h"

namespace weightmark {

inline constexpr std::size_t kMaxPolicy = std::size_t{16} << 20U;  // FORMAT, section 11

struct PolicyPublisher {
  std::string name;
  std::vector<std::string> models;  // patterns of signed names
  unsigned threshold = 1;           // principals that must have signed
  std::vector<PolicySigner> signers;
  std::optional<TrustedRoot> root;
  std::optional<ProvenancePolicy> provenance;  // what is demanded of how the models were made
};

// RevokedSigner does not count from `since` on, or never.
struct RevokedSigner {
  NamedSigner who;
  std::optional<Instant> since;
};

// DeniedDigest is one of a model or of a file.
struct DeniedDigest {
  bool manifest_v1 = false;  // else SHA-256 of a file, or the root digest
  std::string hex;

  std::string text() const;
  std::string_view algorithm() const;  // as in statements

  // part_of names the model or the file of it that has the digest; "" where none has.
  std::string part_of(const Manifest& manifest) const;
};

struct Policy::Impl {
  // Of the policy's own bytes, and of those and of all files that it names (docs/policy.md).
  std::string sha256;
  std::string policy_v1;
  std::vector<PolicyPublisher> publishers;
  std::vector<RevokedSigner> revoked;
  std::vector<DeniedDigest> denied;
  std::optional<TrustedRoot> root;  // of publishers without their own
  // For how long after its repository's word the caller's trusted root counts.
  std::optional<std::chrono::days> root_max_age;
  bool trees_required = false;
  bool uncovered_forbidden = false;
  bool unsigned_allowed = false;
  std::set<ContentKind> forbidden_content;
};

}  // namespace weightmark
