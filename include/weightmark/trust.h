// What a caller of verification trusts and expects.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/key.h"

namespace weightmark {

// KeyTrust accepts a signature by any of these keys.
struct KeyTrust {
  std::vector<PublicKey> keys;
};

// CertificateTrust accepts a signature by a certificate under any of these roots.
// Certificates among them that are not self-signed only help to build chains.
struct CertificateTrust {
  std::vector<Certificate> roots;
};

using Trust = std::variant<KeyTrust, CertificateTrust>;

// Expectations are what the caller knows of the model beforehand. A signature
// says who and what, not which: without an expectation any other model by the
// same signer verifies too.
struct Expectations {
  std::optional<std::string> name = {};  // the subject's name, exact
  // Lower-case hex of the root digest or of weightmarkManifestV1.
  std::optional<std::string> digest_hex = {};
};

}  // namespace weightmark
