// Verifying a keyless signature: who signed, when, and where that is recorded.
// https://github.com/sigstore/architecture-docs, client-spec, "Verification"
#pragma once

#include <string>
#include <vector>

#include "attest/bundle.h"
#include "trust/trusted_root.h"
#include "verify/log_evidence.h"
#include "weightmark/identity.h"
#include "weightmark/report.h"
#include "weightmark/trust.h"

namespace weightmark {

// AttestedTime is when a signature existed, and who says so.
struct AttestedTime {
  Instant time;
  std::string by;     // a URL
  std::string owner;  // one counts once
};

// KeylessSignature is what was verified of a signature.
struct KeylessSignature {
  CertificateIdentity identity;
  std::vector<Certificate> chain;  // leaf first
  std::vector<AttestedTime> times;
  std::vector<LogEvidence> logs;
};

// verify_keyless makes every check, in this order: times, the chain at each of them, the
// certificate's own log, the identity, the log entries, the signature. Each is appended
// to `checks`.
// Errors: those of the steps, below.
Result<KeylessSignature> verify_keyless(const Bundle& bundle, const SignedContent& content, const SigstoreTrust& trust,
                                        std::vector<Check>& checks);

// verify_logged_key checks a signature by a key that the caller trusts, and that it is
// in the log: `root` has the logs. A key has no certificate whose time would matter.
// Errors: method-mismatch, signature-invalid, log-missing, and those of verify_log_entry.
Result<std::vector<LogEvidence>> verify_logged_key(const Bundle& bundle, const SignedContent& content,
                                                   const PublicKey& key, const TrustedRoot& root);

// verify_times returns the times that timestamp authorities and logs attest: at least
// `trust.times` parties. A timestamp that does not hold is passed over, unless there are
// too few without it.
// Errors: time-missing, timestamp-*, log-*.
Result<std::vector<AttestedTime>> verify_times(const Bundle& bundle, const std::vector<LogEvidence>& logs,
                                               const SigstoreTrust& trust);

// verify_logs returns the entries that hold: of at least `trust.logs` operators.
// Errors: log-missing, and those of verify_log_entry.
Result<std::vector<LogEvidence>> verify_logs(const Bundle& bundle, const RekorVerifier& signer,
                                             const SignedContent& content, const SigstoreTrust& trust);

// verify_authority finds the certificate authority whose chain holds at every time.
// Errors: certificate-*, authority-window, bundle-root-certificate.
Result<std::vector<Certificate>> verify_authority(const CertificateMaterial& material,
                                                  const std::vector<AttestedTime>& times, const SigstoreTrust& trust);

// verify_scts checks that the certificate was logged where it says so: in logs of at
// least `trust.scts` operators. `chain` is verified, leaf first.
// Errors: sct-*.
Result<void> verify_scts(const std::vector<Certificate>& chain, const SigstoreTrust& trust);

// verify_identity compares who the certificate names with those who may sign.
// Errors: identity-required, identity-mismatch, identity-issuer.
Result<void> verify_identity(const CertificateIdentity& found, const std::vector<ExpectedIdentity>& expected);

}  // namespace weightmark
