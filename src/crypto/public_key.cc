#include "crypto/public_key.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/try.h"
#include "crypto/ecdsa_signature.h"
#include "crypto/ed25519.h"
#include "crypto/pem.h"
#include "crypto/spki.h"

namespace weightmark {
namespace {

constexpr int kMinRsaBits = 2048;
// OpenSSL refuses to verify with more (OPENSSL_RSA_MAX_MODULUS_BITS).
constexpr int kMaxRsaBits = 16384;
// A random integer below the order is this much shorter with a chance of 2^-64.
constexpr int kSlackBits = 64;
constexpr std::size_t kMaxBlocks = 100;

std::unexpected<Error> unsupported(std::string what) {
  return std::unexpected(
      Error{ErrorCode::kKeyUnsupported,
            std::move(what),
            {},
            "use an EC key on P-256, P-384 or P-521, an RSA key of 2048 bits or more, or an Ed25519 key"});
}

std::unexpected<Error> malformed(std::string what, std::string hint) {
  return std::unexpected(Error{ErrorCode::kKeyMalformed, std::move(what), {}, std::move(hint)});
}

std::string object_name(const ASN1_OBJECT* object) {
  std::array<char, 80> name{};
  OBJ_obj2txt(name.data(), static_cast<int>(name.size()), object, 0);
  return name.data();
}

Result<KeyType> curve_type(const EVP_PKEY* pkey) {
  int is_explicit = 0;
  // RFC 5480, section 2.1.1: only named curves. OpenSSL would recognize some
  // curves that are spelled out, which is how CVE-2020-0601 came about.
  EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit);
  if (is_explicit != 0) return unsupported("the key spells out its curve instead of naming it");
  std::array<char, 80> name{};
  EVP_PKEY_get_group_name(pkey, name.data(), name.size(), nullptr);
  switch (OBJ_sn2nid(name.data())) {
    case NID_X9_62_prime256v1: return KeyType::kEcP256;
    case NID_secp384r1: return KeyType::kEcP384;
    case NID_secp521r1: return KeyType::kEcP521;
    default: return unsupported(fmt::format("the curve {} is not supported", name.data()));
  }
}

Result<KeyType> rsa_type(const EVP_PKEY* pkey) {
  int bits = EVP_PKEY_get_bits(pkey);
  if (bits < kMinRsaBits) return unsupported(fmt::format("an RSA key of {} bits is too weak", bits));
  if (bits > kMaxRsaBits) return unsupported(fmt::format("an RSA key of {} bits is too long", bits));
  return KeyType::kRsa;
}

// key_from takes over a decoded key.
Result<PublicKey> key_from(PkeyPtr pkey) {
  WM_TRY(KeyType type, supported_key_type(pkey.get()));
  // A compressed point would give the same key another fingerprint.
  if (EVP_PKEY_get_base_id(pkey.get()) == EVP_PKEY_EC)
    EVP_PKEY_set_utf8_string_param(pkey.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                   OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
  auto impl = std::make_shared<PublicKey::Impl>();
  impl->type = type;
  impl->bits = EVP_PKEY_get_bits(pkey.get());
  impl->spki = encode_spki(pkey.get());
  impl->pem = write_pem("PUBLIC KEY", impl->spki);
  impl->pkey = std::move(pkey);
  return PublicKey(std::move(impl));
}

// undecodable explains a well-formed SubjectPublicKeyInfo that OpenSSL cannot
// make a key of: an algorithm unknown to it, or a bad key of a known one.
std::unexpected<Error> undecodable(const X509_PUBKEY* spki) {
  ASN1_OBJECT* algorithm = nullptr;
  X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr, spki);
  int nid = OBJ_obj2nid(algorithm);
  if (nid == NID_X9_62_id_ecPublicKey || nid == NID_rsaEncryption || nid == NID_ED25519)
    return malformed("the public key is not a valid key of its algorithm", {});
  return unsupported(fmt::format("keys of type {} are not supported", object_name(algorithm)));
}

// not_a_public_key says what the file has instead of a public key.
std::unexpected<Error> not_a_public_key(std::string_view text, const std::vector<PemBlock>& blocks) {
  if (blocks.empty() && text.starts_with('\x30'))
    return malformed("this is DER, not PEM", "convert it: openssl pkey -pubin -inform DER -in FILE -pubout");
  if (blocks.empty()) return malformed("no PEM block in it", "give a file with a \"-----BEGIN PUBLIC KEY-----\" line");
  const std::string& label = blocks.back().label;
  if (label.ends_with("PRIVATE KEY"))
    return malformed("this is a private key, and a public key is needed",
                     "take the public key out of it: openssl pkey -in FILE -pubout");
  if (label == "CERTIFICATE")
    return malformed("this is a certificate, and a public key is needed",
                     "take the public key out of it: openssl x509 -in FILE -noout -pubkey; "
                     "or use the certificate method");
  if (label == "RSA PUBLIC KEY")
    return malformed("this is a PKCS#1 public key", "convert it: openssl rsa -RSAPublicKey_in -in FILE -pubout");
  return malformed(fmt::format("the PEM block \"{}\" is not a public key", label), {});
}

bool is_ecdsa(KeyType type) { return type == KeyType::kEcP256 || type == KeyType::kEcP384 || type == KeyType::kEcP521; }

// may_use says whether a scheme belongs to a type of key. Bundles of Sigstore's
// 0.2 clients have ECDSA with SHA-256 on every curve.
bool may_use(KeyType type, SignatureScheme scheme) {
  if (scheme == default_scheme(type)) return true;
  if (is_ecdsa(type)) return scheme == SignatureScheme::kEcdsaSha256;
  return type == KeyType::kEd25519 && scheme == SignatureScheme::kEd25519;
}

bool evp_verify(EVP_PKEY* pkey, const EVP_MD* algorithm, ByteView message, ByteView signature) {
  MdContextPtr context(EVP_MD_CTX_new());
  bool good = EVP_DigestVerifyInit(context.get(), nullptr, algorithm, nullptr, pkey) == 1 &&
              EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!good) take_openssl_errors();
  return good;
}

Ed25519Key raw_public_key(const EVP_PKEY* pkey) {
  Ed25519Key key{};
  std::size_t size = key.size();
  EVP_PKEY_get_raw_public_key(pkey, key.data(), &size);
  return key;
}

bool verify_with(const PublicKey::Impl& key, ByteView message, ByteView signature, SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEd25519ph: return ed25519ph_verify(message, signature, raw_public_key(key.pkey.get()));
    case SignatureScheme::kEd25519: return ed25519_verify(message, signature, raw_public_key(key.pkey.get()));
    case SignatureScheme::kRsaPkcs1Sha256:  // PKCS#1 v1.5 is OpenSSL's default padding
      return evp_verify(key.pkey.get(), hash_of(scheme), message, signature);
    default: return parse_ecdsa_signature(signature) && evp_verify(key.pkey.get(), hash_of(scheme), message, signature);
  }
}

bool fits_curve(ByteView signature, int order_bits) {
  EcdsaSignaturePtr parsed = parse_ecdsa_signature(signature);
  if (!parsed) return false;
  const BIGNUM* r = ECDSA_SIG_get0_r(parsed.get());
  const BIGNUM* s = ECDSA_SIG_get0_s(parsed.get());
  if (BN_is_negative(r) || BN_is_negative(s)) return false;
  int bits = std::max(BN_num_bits(r), BN_num_bits(s));
  return bits <= order_bits && bits > order_bits - kSlackBits;
}

}  // namespace

std::string_view key_type_name(KeyType type) {
  switch (type) {
    case KeyType::kEcP256: return "EC P-256";
    case KeyType::kEcP384: return "EC P-384";
    case KeyType::kEcP521: return "EC P-521";
    case KeyType::kRsa: return "RSA";
    case KeyType::kEd25519: return "Ed25519";
  }
  return "unknown";
}

SignatureScheme default_scheme(KeyType type) {
  switch (type) {
    case KeyType::kEcP256: return SignatureScheme::kEcdsaSha256;
    case KeyType::kEcP384: return SignatureScheme::kEcdsaSha384;
    case KeyType::kEcP521: return SignatureScheme::kEcdsaSha512;
    case KeyType::kRsa: return SignatureScheme::kRsaPkcs1Sha256;
    case KeyType::kEd25519: return SignatureScheme::kEd25519ph;
  }
  return SignatureScheme::kEcdsaSha256;
}

const EVP_MD* hash_of(SignatureScheme scheme) {
  switch (scheme) {
    case SignatureScheme::kEcdsaSha256:
    case SignatureScheme::kRsaPkcs1Sha256: return EVP_sha256();
    case SignatureScheme::kEcdsaSha384: return EVP_sha384();
    case SignatureScheme::kEcdsaSha512: return EVP_sha512();
    case SignatureScheme::kEd25519ph:
    case SignatureScheme::kEd25519: return nullptr;
  }
  return nullptr;
}

Result<KeyType> supported_key_type(const EVP_PKEY* pkey) {
  switch (EVP_PKEY_get_base_id(pkey)) {
    case EVP_PKEY_EC: return curve_type(pkey);
    case EVP_PKEY_RSA: return rsa_type(pkey);
    case EVP_PKEY_ED25519: return KeyType::kEd25519;
    default: break;
  }
  const char* name = EVP_PKEY_get0_type_name(pkey);
  return unsupported(fmt::format("keys of type {} are not supported", name != nullptr ? name : "unknown"));
}

Result<PublicKey> public_half(const EVP_PKEY* private_key) { return PublicKey::from_spki(encode_spki(private_key)); }

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  if (PkeyPtr pkey = decode_spki(der)) return key_from(std::move(pkey));
  auto spki = decode_der<SpkiPtr>(d2i_X509_PUBKEY, der);
  if (!spki) return malformed("not the DER of a SubjectPublicKeyInfo", {});
  PkeyPtr pkey(X509_PUBKEY_get(spki.get()));
  take_openssl_errors();  // decoding tries several decoders and leaves the failures of some
  if (!pkey) return undecodable(spki.get());
  return key_from(std::move(pkey));
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  WM_TRY(std::vector<PemBlock> blocks, read_pem(pem, kMaxBlocks, ErrorCode::kKeyMalformed));
  auto is_public_key = [](const PemBlock& block) { return block.label == "PUBLIC KEY"; };
  auto found = std::ranges::find_if(blocks, is_public_key);
  if (found == blocks.end()) return not_a_public_key(pem, blocks);
  if (std::ranges::count_if(blocks, is_public_key) > 1)
    return malformed("there is more than one public key in it", "give one file for each key");
  return from_spki(found->data.view());
}

KeyType PublicKey::type() const { return impl_->type; }

int PublicKey::bits() const { return impl_->bits; }

std::string PublicKey::pem() const { return impl_->pem; }

Bytes PublicKey::spki() const { return impl_->spki; }

std::string PublicKey::fingerprint() const { return sha256_hex(as_bytes(impl_->pem)); }

Result<void> PublicKey::verify(ByteView message, ByteView signature, SignatureScheme scheme) const {
  if (may_use(type(), scheme) && verify_with(*impl_, message, signature, scheme)) return {};
  std::string what = fmt::format("the signature does not match the message and this {} key", key_type_name(type()));
  return std::unexpected(Error{ErrorCode::kSignatureInvalid, std::move(what), {}, {}});
}

bool PublicKey::could_have_made(ByteView signature) const {
  switch (type()) {
    case KeyType::kRsa: return signature.size() == static_cast<std::size_t>(EVP_PKEY_get_size(impl_->pkey.get()));
    case KeyType::kEd25519: return signature.size() == sizeof(Ed25519Signature);
    default: return fits_curve(signature, bits());
  }
}

}  // namespace weightmark
