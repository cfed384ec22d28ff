// What signed files are compared by.
#pragma once

#include "verify/verifier.h"
#include "weightmark/verify.h"

namespace weightmark {

// evidence_for returns what the caller asks for; or kBoth where somebody else than the
// signer vouches for the model by its digests: the caller has the root digest from
// elsewhere, or a policy's signers and deny list go by digests. Those bind no trees, so
// that a signer could list another content's trees beside them (FORMAT, section 2).
Evidence evidence_for(const VerifyOptions& options, const SignedModel& model);

}  // namespace weightmark
