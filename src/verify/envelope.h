// Who signed an envelope, by what the caller trusts.
#pragma once

#include <vector>

#include "attest/bundle.h"
#include "weightmark/error.h"
#include "weightmark/report.h"
#include "weightmark/trust.h"

namespace weightmark {

// verify_envelope makes the checks of the trust's method and appends them.
// Errors: method-mismatch, bundle-media-type, bundle-no-envelope, key-*, certificate-*,
// signature-invalid, and those of verify_keyless.
Result<SignerReport> verify_envelope(const Bundle& bundle, const Trust& trust, Time time, std::vector<Check>& checks);

}  // namespace weightmark
