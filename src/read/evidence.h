// What signed files are compared by.
#pragma once

#include "weightmark/manifest.h"
#include "weightmark/verify.h"

namespace weightmark {

// evidence_for returns what the caller asks for; or kBoth where the caller has the
// model's root digest from somewhere else. It binds digests but no trees, so that a
// signer could list another content's trees beside them (FORMAT, section 2).
Evidence evidence_for(const VerifyOptions& options, const Manifest& manifest);

}  // namespace weightmark
