// What a policy holds (FORMAT, section 10; docs/policy.md).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "weightmark/certificate.h"
#include "weightmark/identity.h"
#include "weightmark/key.h"
#include "weightmark/manifest.h"
#include "weightmark/policy.h"
#include "weightmark/trust.h"
#include "weightmark/trusted_root.h"

namespace weightmark {

inline constexpr std::size_t kMaxPolicy = std::size_t{16} << 20U;  // FORMAT, section 11

// PolicyAuthority is anyone whom these authorities certify, or the one of that subject.
struct PolicyAuthority {
  std::vector<Certificate> roots;
  std::optional<std::string> subject;  // RFC 2253
};

// PolicySigner is a principal: somebody who counts once.
struct PolicySigner {
  std::string name;
  std::variant<PublicKey, PolicyAuthority, ExpectedIdentity> who;
  std::vector<Claim> claims;  // that an identity's certificate must have
  // Parties that must confirm the signature, its time and its certificate.
  unsigned logs = 0;
  unsigned times = 0;
  unsigned scts = 0;

  bool is_identity() const { return std::holds_alternative<ExpectedIdentity>(who); }
  bool needs_root() const { return is_identity() || logs > 0 || times > 0; }
};

struct PolicyPublisher {
  std::string name;
  std::vector<std::string> models;  // patterns of signed names
  unsigned threshold = 1;           // principals that must have signed
  std::vector<PolicySigner> signers;
  std::optional<TrustedRoot> root;
};

// RevokedSigner does not count from `since` on, or never.
struct RevokedSigner {
  std::variant<std::string, ExpectedIdentity> who;  // a key's fingerprint, or an identity
  std::optional<Instant> since;
};

// DeniedDigest is one of a model or of a file.
struct DeniedDigest {
  bool manifest_v1 = false;  // else SHA-256 of a file, or the root digest
  std::string hex;

  std::string text() const;

  // part_of names the model or the file of it that has the digest; "" where none has.
  std::string part_of(const Manifest& manifest) const;
};

struct Policy::Impl {
  std::vector<PolicyPublisher> publishers;
  std::vector<RevokedSigner> revoked;
  std::vector<DeniedDigest> denied;
  std::optional<TrustedRoot> root;  // of publishers without their own
  // For how long after its repository's word the caller's trusted root counts.
  std::optional<std::chrono::days> root_max_age;
  bool trees_required = false;
  bool uncovered_forbidden = false;
  bool unsigned_allowed = false;
};

}  // namespace weightmark
