#include "crypto/tuf_key.h"

#include <fmt/format.h>
#include <openssl/rsa.h>

#include <array>

#include "base/encoding.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/public_key.h"

namespace weightmark {
namespace {

constexpr std::size_t kEd25519Size = 32;
// SubjectPublicKeyInfo of an Ed25519 key, up to the key itself (RFC 8410, section 4).
constexpr std::array<std::uint8_t, 12> kEd25519Prefix = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                         0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};

Result<PublicKey> ed25519_key(std::string_view hex) {
  const std::optional<Bytes> raw = from_hex(hex);
  if (!raw || raw->size() != kEd25519Size)
    return refuse(ErrorCode::kKeyMalformed, "an Ed25519 key has 64 hexadecimal digits");
  Bytes spki(kEd25519Prefix.begin(), kEd25519Prefix.end());
  spki.insert(spki.end(), raw->begin(), raw->end());
  return PublicKey::from_spki(spki);
}

Result<PublicKey> pem_key(std::string_view pem, KeyType wanted) {
  WM_TRY(PublicKey key, PublicKey::from_pem(pem));
  if (key.type() == wanted) return key;
  return refuse(ErrorCode::kKeyMalformed,
                fmt::format("a {} key stands where {} is named", key_type_name(key.type()), key_type_name(wanted)));
}

Result<PublicKey> parse_key(std::string_view type, std::string_view scheme, std::string_view value) {
  constexpr std::string_view kP256 = "ecdsa-sha2-nistp256";
  if (type == "ed25519" && scheme == "ed25519") return ed25519_key(value);
  if ((type == "ecdsa" || type == kP256) && scheme == kP256) return pem_key(value, KeyType::kEcP256);
  if (type == "rsa" && scheme == "rsassa-pss-sha256") return pem_key(value, KeyType::kRsa);
  return refuse(ErrorCode::kKeyUnsupported,
                fmt::format("keys of type {} with the scheme {} are not supported", excerpt(type), excerpt(scheme)));
}

// RFC 8017, section 8.1, with SHA-256 for the message and for MGF1. The length of the
// salt is the signer's choice: the specification names none.
bool verify_pss(EVP_PKEY* key, ByteView message, ByteView signature) {
  MdContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  const bool good =
      EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr, key) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
      EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_AUTO) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!good) take_openssl_errors();
  return good;
}

}  // namespace

Result<TufKey> TufKey::parse(std::string_view type, std::string_view scheme, std::string_view value) {
  WM_TRY(PublicKey key, parse_key(type, scheme, value));
  return TufKey(std::move(key));
}

bool TufKey::verify(ByteView message, ByteView signature) const {
  switch (key_.type()) {
    case KeyType::kRsa: return verify_pss(key_.impl().pkey.get(), message, signature);
    case KeyType::kEd25519: return key_.verify(message, signature, SignatureScheme::kEd25519).has_value();
    default: return key_.verify(message, signature, SignatureScheme::kEcdsaSha256).has_value();
  }
}

}  // namespace weightmark
