// Keys and certificate chains made in memory, for tests of any layer. Needs
// neither files nor a test framework; what cannot be made ends the process.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/key.h"

namespace weightmark::testing {

// kTestNow is inside the default validity: 2025-01-01T00:00:00Z.
inline constexpr Time kTestNow{std::chrono::sys_days{std::chrono::year{2025} / 1 / 1}};

// CertificateOptions says what to put into a certificate. The strings for
// extensions are those of openssl's x509v3_config(5); "" leaves one out.
struct CertificateOptions {
  std::string common_name = "Test Signer";
  KeyType key_type = KeyType::kEcP256;
  int rsa_bits = 2048;
  std::optional<PublicKey> public_key = {};  // somebody else's, in place of a new one
  Time not_before = kTestNow - std::chrono::days(365);
  Time not_after = kTestNow + std::chrono::days(365);
  std::string basic_constraints = "critical,CA:FALSE";
  std::string key_usage = "critical,digitalSignature";
  std::string extended_key_usage = "codeSigning";
  std::string subject_alternative_name = "";
  // Object identifiers and values, as "1.2.3", "ASN1:UTF8String:text".
  std::vector<std::pair<std::string, std::string>> other_extensions = {};
  // Makes the list of certificate timestamps (RFC 6962, section 3.3) of a certificate
  // without one, given as its TBSCertificate.
  std::function<Bytes(ByteView tbs, const Certificate& issuer)> sct_list = {};
};

// authority_options returns options fit for a certificate authority.
CertificateOptions authority_options(std::string common_name);

// IssuedCertificate is a certificate and its private key, PKCS#8 PEM.
struct IssuedCertificate {
  Certificate certificate;
  std::string private_key_pem;
};

// TestAuthority is a certificate that issues others.
class TestAuthority {
 public:
  static TestAuthority root(const CertificateOptions& options = authority_options("Test Root"));
  TestAuthority intermediate(const CertificateOptions& options = authority_options("Test Intermediate")) const;
  IssuedCertificate issue(const CertificateOptions& options = {}) const;

  const Certificate& certificate() const { return issued_.certificate; }
  const std::string& private_key_pem() const { return issued_.private_key_pem; }

 private:
  explicit TestAuthority(IssuedCertificate issued) : issued_(std::move(issued)) {}
  IssuedCertificate issued_;
};

// self_signed makes a certificate that is its own issuer.
IssuedCertificate self_signed(const CertificateOptions& options);

// generate_key_pem makes a PKCS#8 PEM private key, encrypted with AES-256 when
// there is a password.
std::string generate_key_pem(KeyType type, std::string_view password = {});

// generate_curve_key_pem makes an EC key on any curve that OpenSSL knows, such
// as "secp256k1"; generate_rsa_key_pem makes an RSA key of any size.
std::string generate_curve_key_pem(const std::string& curve);
std::string generate_rsa_key_pem(int bits);

// legacy_key_pem rewrites an EC or RSA key as SEC1 or PKCS#1, with the older PEM
// encryption when there is a password.
std::string legacy_key_pem(std::string_view private_key_pem, std::string_view password = {});

// sign_ed25519 signs the message itself (RFC 8032, section 5.1): SigningKey signs its hash.
Bytes sign_ed25519(std::string_view private_key_pem, ByteView message);

// public_key_pem returns the public half of a PEM private key.
std::string public_key_pem(std::string_view private_key_pem);

// TimestampOptions says how a timestamp authority answers.
struct TimestampOptions {
  Time time = kTestNow;
  std::string digest = "SHA256";         // of the message
  std::string signer_digest = "SHA256";  // of the token
  bool with_certificate = true;          // the signer's in the token
};

// make_timestamp returns the DER of a TimeStampResp over `message`.
Bytes make_timestamp(const IssuedCertificate& signer, ByteView message, const TimestampOptions& options = {});

// answer_timestamp answers a request, DER, with the nonce that it has.
Bytes answer_timestamp(const IssuedCertificate& signer, ByteView request, const TimestampOptions& options = {});

// key_in_request returns the key of a PKCS#10 request, PEM, whose signature must hold.
PublicKey key_in_request(std::string_view pem);

// certificate_pem and certificates_pem write "CERTIFICATE" blocks.
std::string certificate_pem(const Certificate& certificate);
std::string certificates_pem(const std::vector<Certificate>& certificates);

}  // namespace weightmark::testing
