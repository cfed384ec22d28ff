// The Sigstore bundle: an envelope and what is needed to verify it.
// https://github.com/sigstore/protobuf-specs, sigstore_bundle.proto
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attest/dsse.h"
#include "tlog/log_entry.h"
#include "weightmark/bytes.h"
#include "weightmark/certificate.h"
#include "weightmark/error.h"

namespace weightmark {

// Limits of FORMAT, section 11.
inline constexpr std::size_t kMaxBundleSize = 64U << 20U;
inline constexpr std::size_t kMaxCertificates = 16;
inline constexpr std::size_t kMaxLogEntries = 32;
inline constexpr std::size_t kMaxTimestamps = 32;

inline constexpr std::string_view kBundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

// PublicKeyMaterial names the key; it is never trusted as one.
struct PublicKeyMaterial {
  std::string hint;          // PublicKey::fingerprint; may be empty
  std::string embedded_pem;  // before 1.1.0: the signer's key, only for messages
};

// CertificateMaterial is the leaf first, then what helps to build its chain.
struct CertificateMaterial {
  std::vector<Certificate> chain;
  bool single = false;  // spelled `certificate`, as keyless bundles and the Go client do
};

// MessageSignature is a signature over bytes that are not in the bundle. What it says
// of their digest is a hint.
struct MessageSignature {
  std::string digest_algorithm;  // "SHA2_256", …; empty where there is no hint
  Bytes digest;
  Bytes signature;
};

struct Bundle {
  std::string media_type;
  std::variant<PublicKeyMaterial, CertificateMaterial> material;
  std::vector<LogEntry> log_entries;
  std::vector<Bytes> timestamps;            // DER of RFC 3161 responses
  Envelope envelope;                        // where there is no message
  std::optional<MessageSignature> message;  // models never have one

  // signature is that of the envelope or the message.
  const Bytes& signature() const { return message ? message->signature : envelope.signature; }
};

// parse_bundle takes the JSON of a bundle, versions 0.1 to 0.3. It says nothing
// about trust.
// Errors: bundle-*, log-entry-malformed, certificate-malformed, and the json-* codes.
Result<Bundle> parse_bundle(std::string_view json);

// write_bundle writes what parse_bundle takes back, in the spelling of version 0.3, one line.
std::string write_bundle(const Bundle& bundle);

}  // namespace weightmark
