// Asking an authority for a timestamp, by HTTP (RFC 3161, section 3.4).
#pragma once

#include <string>

#include "net/http.h"
#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// request_timestamp returns a TimeStampResp over `message`, as a bundle carries it. It is
// the answer to this very request; whether it is to be trusted is not looked at.
// Errors: timestamp-refused, timestamp-malformed, timestamp-nonce, internal, and those of
// HttpClient::send.
Result<Bytes> request_timestamp(HttpClient& http, const std::string& url, ByteView message);

}  // namespace weightmark
