// What lies beside a model's signatures, for a policy that demands it.
#pragma once

#include "verify/verifier.h"
#include "weightmark/verify.h"

namespace weightmark {

// find_attestations reads what is named, else all in the folder of further signatures that
// is provenance or a verification summary; what is neither is passed over. Nothing is
// verified. Errors: those of reading what is named; signatures-too-many, read-failed.
Result<FoundAttestations> find_attestations(const VerifyOptions& options);

}  // namespace weightmark
