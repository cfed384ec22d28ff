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
// must be allowed to sign: at least one of key usage and extended key usage is
// present, a key usage has digitalSignature, and an extended key usage has
// codeSigning or any. So a web server's certificate signs no models, even where
// the system's roots are trusted. Returns the chain, leaf first.
// Errors: certificate-usage, certificate-expired, certificate-not-yet-valid,
// certificate-issuer-expired, certificate-untrusted, certificate-chain.
Result<std::vector<Certificate>> verify_chain(const Certificate& leaf, const std::vector<Certificate>& untrusted,
                                              const std::vector<Certificate>& trusted, Time time);

// verify_fulcio_chain builds a chain from `leaf` to the last certificate of `authority`,
// which is the anchor, be it a root or not (sigstore_trustroot.proto,
// CertificateAuthority). The others of `authority`, and `candidates` from the bundle, help
// to build it. Every certificate is valid at `time`. The leaf is no authority itself and
// has the usages digitalSignature and codeSigning. Returns the chain, leaf first.
// Errors: those of verify_chain.
Result<std::vector<Certificate>> verify_fulcio_chain(const Certificate& leaf,
                                                     const std::vector<Certificate>& candidates,
                                                     const std::vector<Certificate>& authority, Time time);

// check_signing_usage says whether a leaf may sign, by the rule above.
// Errors: certificate-usage.
Result<void> check_signing_usage(const Certificate& leaf);

}  // namespace weightmark
