// Asking for a timestamp, and reading whether the answer is one (RFC 3161, section 2.4).
#pragma once

#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// TimestampRequest is a TimeStampReq, DER.
struct TimestampRequest {
  Bytes der;
  Bytes nonce;  // big-endian
};

// make_timestamp_request asks for the time of `message`, by its SHA-256, and for the
// authority's certificates, under a fresh nonce of 64 bits.
// Errors: internal.
Result<TimestampRequest> make_timestamp_request(ByteView message);

// check_timestamp_response checks that a TimeStampResp grants a token and that it is the
// answer to that very request. verify_timestamp judges the token itself.
// Errors: timestamp-refused, timestamp-malformed, timestamp-nonce.
Result<void> check_timestamp_response(ByteView response, const TimestampRequest& request);

}  // namespace weightmark
