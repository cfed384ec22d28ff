// The first half of every verification: the signature, before any file is read.
#pragma once

#include "verify/verifier.h"
#include "weightmark/verify.h"

namespace weightmark {

// verify_signed_model finds and reads the bundle, verifies its signature and
// compares what the caller expects of it. It fills the report's model, time,
// signature, signer, manifest and checks. Nothing of the model's files is known
// after it.
// Errors: those of find_signature, signature-not-found, bundle-too-large, and those
// of parse_bundle and the Verifier.
Result<Verified<SignedModel>> verify_signed_model(const VerifyOptions& options, Report& report);

}  // namespace weightmark
