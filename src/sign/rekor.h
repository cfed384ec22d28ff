// Recording signatures in a transparency log.
// https://github.com/sigstore/rekor, https://github.com/sigstore/rekor-tiles
#pragma once

#include <optional>
#include <string>

#include "attest/bundle.h"
#include "net/http.h"
#include "tlog/log_entry.h"
#include "tlog/rekor_body.h"
#include "trust/signing_config.h"
#include "weightmark/error.h"

namespace weightmark {

// Recorded is a signature to record: of an envelope, or of a message.
struct Recorded {
  const Bundle& bundle;
  Bytes sha256;  // of what was signed
  RekorVerifier signer;
  std::string signer_pem;   // the same
  std::string key_details;  // what the key is, as sigstore_common.proto names it
};

// Answered is an entry as a log tells it; nothing where the log has the signature already:
// an answer was lost, and the request repeated. Rekor v2 does not tell old entries again.
using Answered = Result<std::optional<LogEntry>>;

// record_signature asks the log at `service` to take a signature, in the form of its
// version of the interface. Neither form publishes the payload.
// Errors: log-refused, log-entry-too-large, log-answer, and those of HttpClient::send.
Answered record_signature(HttpClient& http, const SigningService& service, const Recorded& recorded);

// record_in_rekor_v1 makes an entry dsse 0.0.1, of which the log is shown the envelope and
// keeps digests, or hashedrekord 0.0.1 of a message, which it is not shown.
Answered record_in_rekor_v1(HttpClient& http, const std::string& url, const Recorded& recorded);

// record_in_rekor_v2 makes an entry hashedrekord 0.0.2: the log is shown the digest of
// what was signed.
Answered record_in_rekor_v2(HttpClient& http, const std::string& url, const Recorded& recorded);

}  // namespace weightmark
