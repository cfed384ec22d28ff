// Checking a bundle's log entries: each is in its log, and about this very signature.
// https://github.com/sigstore/architecture-docs, client-spec, "Verification"
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/bundle.h"
#include "tlog/rekor_body.h"
#include "trust/trusted_root.h"
#include "weightmark/error.h"

namespace weightmark {

// SignedContent is what a signature was made over.
struct SignedContent {
  // The signed bytes: a message, or an envelope's pre-authentication encoding. Empty
  // where only a digest of a message is known.
  std::optional<Bytes> bytes;
  Bytes sha256;                     // of the signed bytes
  std::optional<ByteView> payload;  // an envelope's, which must outlive this

  // has_digest says whether the signed bytes have that digest. Of a message that is
  // known by its SHA-256 alone no other is.
  bool has_digest(Sha2 algorithm, const Bytes& digest) const;

  static SignedContent of_message(Bytes message);
  static SignedContent of_digest(Bytes sha256);
  static SignedContent of_envelope(const Envelope& envelope);
};

// LogEvidence is a verified entry.
struct LogEvidence {
  const LogInstance* log = nullptr;
  std::uint64_t index = 0;      // in the whole log
  std::optional<Instant> time;  // when the log took it, where the log signed that
};

// verify_log_entry checks one entry: its log is trusted, every proof and promise that it
// has holds, it has those that its bundle's version demands, and it is about the
// bundle's own signature, signer and content. Entries without a time of their own are
// compared with the log's window at `times`.
// Errors: log-*, checkpoint-*, json-*, key-malformed, certificate-malformed.
Result<LogEvidence> verify_log_entry(const LogEntry& entry, const Bundle& bundle, const RekorVerifier& signer,
                                     const SignedContent& content, const std::vector<LogInstance>& logs);

// check_log_window compares an entry without a time of its own with its log's window.
// Errors: log-window.
Result<void> check_log_window(const LogEvidence& evidence, const std::vector<Instant>& times);

}  // namespace weightmark
