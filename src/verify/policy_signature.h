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

// Of whatever else a policy's signers sign: trust_in is by whom it must be, check_principal
// what else is demanded of a signature that holds; it adds logs and times to `found`.
// Errors: policy-trusted-root; those of verify_principal.
Result<Trust> trust_in(const PolicySigner& signer, const std::optional<TrustedRoot>& root);
Result<void> check_principal(const Bundle& bundle, const PolicySigner& signer, const std::optional<TrustedRoot>& root,
                             const std::vector<RevokedSigner>& revoked, SignerReport& found);

// weight tells how much a reason says: that a signature is by somebody else is expected
// of all signers but one.
int weight(ErrorCode code);

// marks_of says what tells the person who signed from others.
std::set<std::string> marks_of(const SignerReport& signer);

}  // namespace weightmark
