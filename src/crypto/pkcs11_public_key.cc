#include "crypto/der.h"
#include "crypto/pkcs11_key.h"

namespace weightmark {
namespace {

// AlgorithmIdentifier's OIDs, as DER.
constexpr std::uint8_t kEcPublicKey[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};  // RFC 5480
constexpr std::uint8_t kRsaEncryption[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                           0xf7, 0x0d, 0x01, 0x01, 0x01};  // RFC 3279
constexpr std::uint8_t kNull[] = {0x05, 0x00};

// from_parts builds a SubjectPublicKeyInfo (RFC 5280, section 4.1) and parses it,
// so that there is one place only that decides what a good key is.
Result<PublicKey> from_parts(ByteView algorithm, ByteView parameters, ByteView key) {
  static constexpr std::uint8_t kNoUnusedBits[] = {0};
  Bytes identifier = der_value(kDerSequence, {algorithm, parameters});
  Bytes bits = der_value(kDerBitString, {kNoUnusedBits, key});
  return PublicKey::from_spki(der_value(kDerSequence, {identifier, bits}));
}

}  // namespace

// A bare point begins with the byte that is also the tag of an OCTET STRING, so
// both readings are tried; only one has the curve's length.
Result<PublicKey> public_key_from_ec(ByteView parameters, ByteView point) {
  if (std::optional<ByteView> wrapped = der_contents(kDerOctetString, point)) {
    Result<PublicKey> key = from_parts(kEcPublicKey, parameters, *wrapped);
    if (key || key.error().code == ErrorCode::kKeyUnsupported) return key;
  }
  return from_parts(kEcPublicKey, parameters, point);
}

Result<PublicKey> public_key_from_rsa(ByteView modulus, ByteView exponent) {
  return from_parts(kRsaEncryption, kNull, der_value(kDerSequence, {der_unsigned(modulus), der_unsigned(exponent)}));
}

}  // namespace weightmark
