// What a Certificate holds, for the rest of src/crypto.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "crypto/openssl.h"
#include "weightmark/certificate.h"

namespace weightmark {

struct Certificate::Impl {
  X509Ptr x509;
  Time not_before;
  Time not_after;
};

// certificate_from takes over a decoded certificate.
// Errors: certificate-malformed.
Result<Certificate> certificate_from(X509Ptr x509);

// anchor_store makes a store in which `anchor` alone is trusted, be it a root or not, at
// `time`. A certificate is valid in its last second, too.
X509StorePtr anchor_store(const Certificate& anchor, Time time);

// roots_from reads the first of `files` that exists.
// Errors: file-not-found, certificate-malformed.
Result<std::vector<Certificate>> roots_from(std::span<const std::filesystem::path> files);

}  // namespace weightmark
