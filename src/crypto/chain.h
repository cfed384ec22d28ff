// Building and checking a certificate chain (RFC 5280, section 6).
#pragma once

#include <vector>

#include "weightmark/certificate.h"

namespace weightmark {

// verify_chain builds a chain from `leaf` to one of the self-signed
// certificates in `trusted`, every certificate of it valid at `time`, no
// certificate weaker than 112 bits (OpenSSL's level 2). Certificates in
// `trusted` that are not self-signed only help to build the chain, as do
// `untrusted`, which come from the bundle; none of them is ever an anchor. A
// leaf that is itself in `trusted` and self-signed is a chain of one. The leaf
// must be allowed to sign: key usage digitalSignature, or extended key usage
// codeSigning; where a key usage extension is present it must have
// digitalSignature. Returns the chain, leaf first.
// Errors: certificate-usage, certificate-expired, certificate-not-yet-valid,
// certificate-issuer-expired, certificate-untrusted, certificate-chain.
Result<std::vector<Certificate>> verify_chain(const Certificate& leaf, const std::vector<Certificate>& untrusted,
                                              const std::vector<Certificate>& trusted, Time time);

// check_signing_usage says whether a leaf may sign, by the rule above.
// Errors: certificate-usage.
Result<void> check_signing_usage(const Certificate& leaf);

}  // namespace weightmark
