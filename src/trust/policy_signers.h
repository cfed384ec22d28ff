// Who a policy names: signers, and the files that it names with their keys and roots.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_document.h"
#include "weightmark/certificate.h"
#include "weightmark/identity.h"
#include "weightmark/key.h"
#include "weightmark/policy.h"
#include "weightmark/trust.h"
#include "weightmark/trusted_root.h"

namespace weightmark {

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

// NamedSigner is a key's fingerprint, or an identity.
using NamedSigner = std::variant<std::string, ExpectedIdentity>;

}  // namespace weightmark

namespace weightmark::policies {

// parse_named_signer takes `identity` or `identity-pattern`, and `provider`; or `key`, the
// fingerprint of one. Errors: policy-malformed, pattern-syntax.
Result<NamedSigner> parse_named_signer(const JsonView& view);

// parse_signers takes `signers` of a publisher, and of whoever else signs.
// Errors: policy-malformed, pattern-syntax, those of what files hold and of reading them.
Result<std::vector<PolicySigner>> parse_signers(const JsonView& parent, const PolicyFiles& files);

// read_root takes `trusted-root`. Errors: the same.
Result<std::optional<TrustedRoot>> read_root(const JsonView& parent, const PolicyFiles& files);

}  // namespace weightmark::policies
