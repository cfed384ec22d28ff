#include "crypto/key_details.h"

#include <fmt/format.h>
#include <openssl/rsa.h>

#include <array>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/ecdsa_signature.h"
#include "crypto/ed25519.h"
#include "crypto/public_key.h"

namespace weightmark {
namespace {

struct Details {
  std::string_view name;
  KeyType type;
  SignatureScheme scheme;
  bool bare_rsa = false;  // RSAPublicKey without an algorithm before it (RFC 8017, A.1.1)
};

constexpr std::array<Details, 9> kDetails = {{
    {"PKIX_ECDSA_P256_SHA_256", KeyType::kEcP256, SignatureScheme::kEcdsaSha256},
    {"PKIX_ECDSA_P384_SHA_384", KeyType::kEcP384, SignatureScheme::kEcdsaSha384},
    {"PKIX_ECDSA_P521_SHA_512", KeyType::kEcP521, SignatureScheme::kEcdsaSha512},
    {"PKIX_ED25519", KeyType::kEd25519, SignatureScheme::kEd25519},
    {"PKIX_ED25519_PH", KeyType::kEd25519, SignatureScheme::kEd25519ph},
    {"PKIX_RSA_PKCS1V15_2048_SHA256", KeyType::kRsa, SignatureScheme::kRsaPkcs1Sha256},
    {"PKIX_RSA_PKCS1V15_3072_SHA256", KeyType::kRsa, SignatureScheme::kRsaPkcs1Sha256},
    {"PKIX_RSA_PKCS1V15_4096_SHA256", KeyType::kRsa, SignatureScheme::kRsaPkcs1Sha256},
    {"PKCS1_RSA_PKCS1V5", KeyType::kRsa, SignatureScheme::kRsaPkcs1Sha256, true},
}};

const Details* find_details(std::string_view name) {
  for (const Details& details : kDetails)
    if (details.name == name) return &details;
  return nullptr;
}

// spki_of_rsa puts the algorithm, rsaEncryption with NULL parameters, before a bare key.
Bytes spki_of_rsa(ByteView key) {
  static constexpr std::array<std::uint8_t, 15> kRsaEncryption = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                                                  0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
  static constexpr std::array<std::uint8_t, 1> kNoUnusedBits = {0};
  const Bytes bits = der_value(kDerBitString, {kNoUnusedBits, key});
  return der_value(kDerSequence, {kRsaEncryption, bits});
}

bool verify_prehashed(EVP_PKEY* key, const EVP_MD* algorithm, ByteView digest, ByteView signature) {
  PkeyContextPtr context(EVP_PKEY_CTX_new(key, nullptr));
  const bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
  const bool good =
      context && EVP_PKEY_verify_init(context.get()) == 1 &&
      (!rsa || EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1) &&
      EVP_PKEY_CTX_set_signature_md(context.get(), algorithm) == 1 &&
      EVP_PKEY_verify(context.get(), signature.data(), signature.size(), digest.data(), digest.size()) == 1;
  if (!good) take_openssl_errors();
  return good;
}

}  // namespace

Result<DetailedKey> key_by_details(ByteView raw, std::string_view name) {
  const Details* details = find_details(name);
  if (details == nullptr)
    return refuse(ErrorCode::kKeyUnsupported, fmt::format("keys of kind \"{}\" are not supported", excerpt(name)));
  WM_TRY(PublicKey key, details->bare_rsa ? PublicKey::from_spki(spki_of_rsa(raw)) : PublicKey::from_spki(raw));
  if (key.type() != details->type)
    return refuse(ErrorCode::kKeyMalformed,
                  fmt::format("a key of kind {} is called {}", key_type_name(key.type()), name));
  return DetailedKey{std::move(key), details->scheme};
}

Result<void> verify_digest(const PublicKey& key, ByteView digest, ByteView signature, SignatureScheme scheme) {
  const EVP_MD* algorithm = hash_of(scheme);
  if (algorithm == nullptr)
    return refuse(ErrorCode::kKeyUnsupported, "an Ed25519 signature cannot be checked by a SHA-256 digest", {},
                  "give the signed file itself");
  const bool fits = digest.size() == static_cast<std::size_t>(EVP_MD_get_size(algorithm));
  const bool well_formed = key.type() == KeyType::kRsa || parse_ecdsa_signature(signature);
  if (fits && well_formed && verify_prehashed(key.impl().pkey.get(), algorithm, digest, signature)) return {};
  return refuse(ErrorCode::kSignatureInvalid,
                fmt::format("the signature does not match the digest and this {} key", key_type_name(key.type())));
}

}  // namespace weightmark
