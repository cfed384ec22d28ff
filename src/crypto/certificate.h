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

// roots_from reads the first of `files` that exists.
// Errors: file-not-found, certificate-malformed.
Result<std::vector<Certificate>> roots_from(std::span<const std::filesystem::path> files);

}  // namespace weightmark
