// One signature and one of a policy's signers: whether he made it, and whether it counts.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "trust/policy.h"
#include "verify/verifier.h"

namespace weightmark {

// AcceptedSignature counts for a signer.
struct AcceptedSignature {
  Verified<SignedModel> model;
  SignerReport signer;  // with the times and logs of a key's signature
  std::vector<Check> checks;
};

// verify_principal verifies a signature as that signer's, with everything that the policy
// demands of it.
// Errors: those of Verifier::verify_signature, verify_logs and verify_times,
// policy-claim, policy-subject, policy-revoked.
Result<AcceptedSignature> verify_principal(const Bundle& bundle, const PolicySigner& signer,
                                           const std::optional<TrustedRoot>& root,
                                           const std::vector<RevokedSigner>& revoked, Time time);

// marks_of says what tells the person who signed from others.
std::set<std::string> marks_of(const SignerReport& signer);

}  // namespace weightmark
