// What a caller of verification trusts and expects.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/key.h"
#include "weightmark/trusted_root.h"

namespace weightmark {

// KeyTrust accepts a signature by any of these keys, with `logs` only one that a
// transparency log among them has.
struct KeyTrust {
  std::vector<PublicKey> keys;
  std::optional<TrustedRoot> logs = {};
};

// CertificateTrust accepts a signature by a certificate under any of these roots.
// Certificates among them that are not self-signed only help to build chains.
struct CertificateTrust {
  std::vector<Certificate> roots;
  // Timestamp authorities: of each its certificates, the signer's first where it is
  // known, its root last. A signature that one of them attests is judged as of then, and
  // outlives its certificate.
  std::vector<std::vector<Certificate>> clocks = {};
};

// ExpectedIdentity is who should have signed. Both are compared: anyone can have an
// account of that name somewhere.
struct ExpectedIdentity {
  std::string identity;  // a name in the certificate: an address, or a workflow's URI
  std::string provider;  // the URL of who confirmed it: the issuer of its identity token
  // Both are POSIX extended regular expressions that must match the whole.
  bool patterns = false;
};

// SigstoreTrust accepts a signature by any of these identities, which the authorities
// and logs of `root` confirm. The numbers are of parties that count, each once.
struct SigstoreTrust {
  TrustedRoot root;
  std::vector<ExpectedIdentity> identities;
  unsigned logs = 1;   // transparency logs that have the signature
  unsigned times = 1;  // that attest its time
  unsigned scts = 1;   // certificate transparency logs that have the certificate
};

using Trust = std::variant<KeyTrust, CertificateTrust, SigstoreTrust>;

// Expectations are what the caller knows of the model beforehand. A signature
// says who and what, not which: without an expectation any other model by the
// same signer verifies too.
struct Expectations {
  std::optional<std::string> name = {};  // the subject's name, exact
  // Lower-case hex of the root digest or of weightmarkManifestV1.
  std::optional<std::string> digest_hex = {};
};

}  // namespace weightmark
