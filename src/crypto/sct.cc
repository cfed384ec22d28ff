#include "crypto/sct.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>

#include "base/refuse.h"
#include "base/try.h"
#include "crypto/certificate.h"
#include "crypto/der.h"
#include "crypto/sha2.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxScts = 32;
constexpr std::uint8_t kVersion1 = 0;
constexpr std::uint8_t kSha256 = 4;
constexpr std::uint8_t kRsa = 1;
constexpr std::uint8_t kEcdsa = 3;

std::unexpected<Error> malformed(std::string what) {
  return refuse(ErrorCode::kSctMalformed, std::move(what), "certificate");
}

// TlsReader takes fields of TLS's presentation language off the front (RFC 8446, section
// 3). What does not fit makes it fail for good.
class TlsReader {
 public:
  explicit TlsReader(ByteView bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  bool done() const { return bytes_.empty(); }

  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (std::uint8_t byte : take(size)) value = value << 8U | byte;
    return value;
  }

  ByteView take(std::size_t size) {
    failed_ = failed_ || size > bytes_.size();
    if (failed_) return {};
    const ByteView taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }

  // vector takes what is preceded by its length in two bytes.
  ByteView vector() { return take(static_cast<std::size_t>(number(2))); }

 private:
  ByteView bytes_;
  bool failed_ = false;
};

void append_number(Bytes& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = size; i > 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Bytes copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

// parse_sct returns nothing for a version to come (RFC 6962, section 3.2).
Result<std::optional<Sct>> parse_sct(ByteView bytes) {
  TlsReader reader(bytes);
  if (reader.number(1) != kVersion1) return std::nullopt;
  Sct sct;
  std::ranges::copy(reader.take(sct.log_id.size()), sct.log_id.begin());
  sct.timestamp = reader.number(8);
  sct.extensions = copy(reader.vector());
  sct.hash = static_cast<std::uint8_t>(reader.number(1));
  sct.algorithm = static_cast<std::uint8_t>(reader.number(1));
  sct.signature = copy(reader.vector());
  if (reader.failed() || !reader.done()) return malformed("a certificate timestamp is not of the form of version 1");
  return sct;
}

Result<std::vector<Sct>> parse_list(ByteView list) {
  TlsReader outer(list);
  TlsReader reader(outer.vector());
  if (outer.failed() || !outer.done()) return malformed("the list of certificate timestamps has another length");
  std::vector<Sct> scts;
  for (std::size_t count = 0; !reader.done(); ++count) {
    const ByteView bytes = reader.vector();
    if (reader.failed() || bytes.empty() || count == kMaxScts)
      return malformed("the list of certificate timestamps is malformed or too long");
    WM_TRY(std::optional<Sct> sct, parse_sct(bytes));
    if (sct) scts.push_back(*std::move(sct));
  }
  return scts;
}

// position_of_list returns where the extension is, or -1.
Result<int> position_of_list(const X509* x509) {
  const int at = X509_get_ext_by_NID(x509, NID_ct_precert_scts, -1);
  if (at >= 0 && X509_get_ext_by_NID(x509, NID_ct_precert_scts, at) >= 0)
    return malformed("it has two lists of certificate timestamps");
  return at;
}

// precertificate_tbs is the leaf as the log saw it: without the list, which did not
// exist yet (RFC 6962, section 3.2, PreCert).
Result<Bytes> precertificate_tbs(const Certificate& leaf) {
  const X509Ptr copy_of_leaf(X509_dup(leaf.impl().x509.get()));
  WM_TRY(const int at, position_of_list(copy_of_leaf.get()));
  if (at < 0) return malformed("it has no list of certificate timestamps");
  X509_EXTENSION_free(X509_delete_ext(copy_of_leaf.get(), at));
  unsigned char* der = nullptr;
  const int size = i2d_re_X509_tbs(copy_of_leaf.get(), &der);
  if (size <= 0) return malformed("it cannot be written without its list");
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

// issuer_key_hash hashes the key as the issuer's certificate spells it.
Bytes issuer_key_hash(const Certificate& issuer) {
  return sha2(Sha2::k256, encode_der(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(issuer.impl().x509.get())));
}

// signed_bytes is what the log signed (RFC 6962, section 3.2).
Result<Bytes> signed_bytes(const Sct& sct, const Certificate& leaf, const Certificate& issuer) {
  constexpr std::uint8_t kCertificateTimestamp = 0;
  constexpr std::uint16_t kPrecertificateEntry = 1;
  WM_TRY(Bytes tbs, precertificate_tbs(leaf));
  Bytes out = {kVersion1, kCertificateTimestamp};
  append_number(out, sct.timestamp, 8);
  append_number(out, kPrecertificateEntry, 2);
  append(out, issuer_key_hash(issuer));
  append_number(out, tbs.size(), 3);
  append(out, tbs);
  append_number(out, sct.extensions.size(), 2);
  append(out, sct.extensions);
  return out;
}

}  // namespace

Instant time_of(const Sct& sct) {
  constexpr std::uint64_t kLast = 9'000'000'000'000;  // milliseconds, in the year 2255
  return Instant(std::chrono::milliseconds(std::min(sct.timestamp, kLast)));
}

Result<std::vector<Sct>> embedded_scts(const Certificate& leaf) {
  X509* x509 = leaf.impl().x509.get();
  WM_TRY(const int at, position_of_list(x509));
  if (at < 0) return std::vector<Sct>();
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(X509_get_ext(x509, at));
  const ByteView value(ASN1_STRING_get0_data(data), static_cast<std::size_t>(ASN1_STRING_length(data)));
  const std::optional<ByteView> list = der_contents(kDerOctetString, value);
  if (!list) return malformed("the list of certificate timestamps is not an OCTET STRING");
  return parse_list(*list);
}

Result<void> verify_sct(const Sct& sct, const Certificate& leaf, const Certificate& issuer, const DetailedKey& log) {
  const std::uint8_t expected = log.key.type() == KeyType::kRsa ? kRsa : kEcdsa;
  if (sct.hash != kSha256 || sct.algorithm != expected)
    return refuse(ErrorCode::kSctInvalid, "a certificate timestamp is signed by another algorithm than its log's");
  WM_TRY(Bytes bytes, signed_bytes(sct, leaf, issuer));
  const SignatureScheme scheme =
      log.key.type() == KeyType::kRsa ? SignatureScheme::kRsaPkcs1Sha256 : SignatureScheme::kEcdsaSha256;
  if (log.key.verify(bytes, sct.signature, scheme)) return {};
  return refuse(ErrorCode::kSctInvalid, "the log did not sign this certificate", "certificate",
                "the certificate was not made public, or was changed");
}

}  // namespace weightmark
