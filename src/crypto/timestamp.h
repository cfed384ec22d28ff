// RFC 3161 timestamps: that a signature existed at a time.
#pragma once

#include <vector>

#include "base/time.h"
#include "weightmark/bytes.h"
#include "weightmark/certificate.h"
#include "weightmark/error.h"

namespace weightmark {

// verify_timestamp checks a TimeStampResp, or the token of one, over `message` and
// returns the time. `authority` is the chain of whoever may have made it: the last
// certificate is the anchor, be it a root or not; where the first one is no authority
// itself, only that one may have signed. Each is valid at that time; the signer may
// sign timestamps and nothing else (RFC 3161, section 2.3). Certificates in the token
// only help to build the chain.
// Errors: timestamp-malformed, timestamp-algorithm, timestamp-imprint, timestamp-chain,
// timestamp-signer, timestamp-signature.
Result<Instant> verify_timestamp(ByteView token, ByteView message, const std::vector<Certificate>& authority);

}  // namespace weightmark
