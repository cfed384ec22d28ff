#include "crypto/certificate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "base/try.h"
#include "crypto/pem.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxCertificates = 1000;
// Other blocks in the same text, such as keys and trust attributes.
constexpr std::size_t kMaxBlocks = 2 * kMaxCertificates;
constexpr std::size_t kMaxRootsSize = 16 << 20;

std::unexpected<Error> malformed(std::string what, std::string hint = {}) {
  return std::unexpected(Error{ErrorCode::kCertificateMalformed, std::move(what), {}, std::move(hint)});
}

std::optional<Time> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return Time(std::chrono::seconds(timegm(&parts)));
}

// RFC 2253 with real UTF-8; control characters stay escaped.
std::string name_of(const X509_NAME* name) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  take_openssl_errors();
  return written_text(bio.get());
}

// Debian, Alpine and Gentoo; Fedora and RHEL; openSUSE; older RHEL; OpenBSD and macOS.
const std::array<std::filesystem::path, 5> kRootFiles = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

}  // namespace

Result<Certificate> certificate_from(X509Ptr x509) {
  std::optional<Time> not_before = time_of(X509_get0_notBefore(x509.get()));
  std::optional<Time> not_after = time_of(X509_get0_notAfter(x509.get()));
  take_openssl_errors();
  if (!not_before || !not_after) return malformed("the certificate's validity is not a time");
  auto impl = std::make_shared<Certificate::Impl>();
  impl->x509 = std::move(x509);
  impl->not_before = *not_before;
  impl->not_after = *not_after;
  return Certificate(std::move(impl));
}

Result<Certificate> Certificate::from_der(ByteView der) {
  auto x509 = decode_der<X509Ptr>(d2i_X509, der);
  if (!x509) return malformed("not the DER of one X.509 certificate");
  // BER that is not DER would be one certificate with several fingerprints.
  if (!std::ranges::equal(encode_der(i2d_X509, x509.get()), der)) return malformed("the certificate is not strict DER");
  return certificate_from(std::move(x509));
}

Result<std::vector<Certificate>> Certificate::list_from_pem(std::string_view pem) {
  WM_TRY(std::vector<PemBlock> blocks, read_pem(pem, kMaxBlocks, ErrorCode::kCertificateMalformed));
  std::vector<Certificate> certificates;
  for (const PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE") continue;
    WM_TRY(Certificate certificate, from_der(block.data.view()));
    certificates.push_back(std::move(certificate));
  }
  if (certificates.size() > kMaxCertificates)
    return malformed(fmt::format("more than {} certificates", kMaxCertificates));
  if (certificates.empty())
    return malformed("no certificate in it", "give a file with a \"-----BEGIN CERTIFICATE-----\" line");
  return certificates;
}

Bytes Certificate::der() const { return encode_der(i2d_X509, impl_->x509.get()); }

std::string Certificate::pem() const { return write_pem("CERTIFICATE", der()); }

std::string Certificate::subject() const { return name_of(X509_get_subject_name(impl_->x509.get())); }

std::string Certificate::issuer() const { return name_of(X509_get_issuer_name(impl_->x509.get())); }

std::string Certificate::serial() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(impl_->x509.get());
  std::unique_ptr<BIGNUM, FreeWith<BN_free>> number(ASN1_INTEGER_to_BN(serial, nullptr));
  char* hex = BN_bn2hex(number.get());
  std::string text = hex;
  OPENSSL_free(hex);
  return text;
}

std::string Certificate::fingerprint() const { return sha256_hex(der()); }

Time Certificate::not_before() const { return impl_->not_before; }

Time Certificate::not_after() const { return impl_->not_after; }

Result<PublicKey> Certificate::public_key() const {
  Result<PublicKey> key = PublicKey::from_spki(encode_der(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(impl_->x509.get())));
  if (key) return key;
  return std::unexpected(Error{ErrorCode::kKeyUnsupported, key.error().what, subject(), key.error().hint});
}

Result<std::vector<Certificate>> roots_from(std::span<const std::filesystem::path> files) {
  for (const std::filesystem::path& file : files) {
    Result<std::string> text = read_file(file, kMaxRootsSize);
    if (!text) continue;
    Result<std::vector<Certificate>> roots = Certificate::list_from_pem(*text);
    if (!roots) roots.error().subject = file.native();
    return roots;
  }
  return std::unexpected(Error{ErrorCode::kFileNotFound, "the system has no certificate authorities that can be read",
                               files.empty() ? std::string() : files.front().native(),
                               "install them (on Debian, the package ca-certificates) or name a certificate chain"});
}

Result<std::vector<Certificate>> system_roots() { return roots_from(kRootFiles); }

}  // namespace weightmark
