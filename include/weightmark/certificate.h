// X.509 certificates and the chains they form (RFC 5280).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/key.h"

namespace weightmark {

using Time = std::chrono::sys_seconds;

// Certificate is an immutable X.509 certificate; copies are cheap and share it.
class WEIGHTMARK_API Certificate {
 public:
  // from_der takes exactly one DER certificate.
  // Errors: certificate-malformed.
  static Result<Certificate> from_der(ByteView der);

  // list_from_pem takes one or more "CERTIFICATE" blocks, in their order.
  // Other blocks and text between them are passed over.
  // Errors: certificate-malformed, also when there is none.
  static Result<std::vector<Certificate>> list_from_pem(std::string_view pem);

  Bytes der() const;
  std::string pem() const;          // one "CERTIFICATE" block
  std::string subject() const;      // RFC 2253, UTF-8
  std::string issuer() const;       // RFC 2253, UTF-8
  std::string serial() const;       // upper-case hex
  std::string fingerprint() const;  // lower-case hex SHA-256 of the DER
  Time not_before() const;
  Time not_after() const;

  // Errors: key-unsupported.
  Result<PublicKey> public_key() const;

  struct Impl;
  explicit Certificate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

// system_roots reads the operating system's certificate authorities.
// Errors: file-not-found, certificate-malformed.
WEIGHTMARK_API Result<std::vector<Certificate>> system_roots();

}  // namespace weightmark
