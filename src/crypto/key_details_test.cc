#include "crypto/key_details.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "crypto/der.h"
#include "crypto/pki_testing.h"
#include "crypto/sha2.h"

namespace weightmark {
namespace {

constexpr KeyType kEveryType[] = {KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa,
                                  KeyType::kEd25519};
const Bytes kMessage = {'m', 'o', 'd', 'e', 'l'};

template <class T>
std::string code(const Result<T>& result) {
  return result ? "no error" : std::string(code_name(result.error().code));
}

std::unique_ptr<SigningKey> load(const std::string& pem) { return load_private_key(pem, {}).value(); }

// key_of makes a key of each type once: RSA keys take their time.
SigningKey& key_of(KeyType type) {
  static const std::vector<std::unique_ptr<SigningKey>> all = [] {
    std::vector<std::unique_ptr<SigningKey>> keys;
    for (KeyType each : kEveryType) keys.push_back(load(testing::generate_key_pem(each)));
    return keys;
  }();
  return *all.at(static_cast<std::size_t>(type));
}

const PublicKey& public_key_of(KeyType type) { return key_of(type).public_key(); }

struct DetailsCase {
  std::string_view name;
  KeyType type;
  SignatureScheme scheme;
};

constexpr DetailsCase kCases[] = {
    {"PKIX_ECDSA_P256_SHA_256", KeyType::kEcP256, SignatureScheme::kEcdsaSha256},
    {"PKIX_ECDSA_P384_SHA_384", KeyType::kEcP384, SignatureScheme::kEcdsaSha384},
    {"PKIX_ECDSA_P521_SHA_512", KeyType::kEcP521, SignatureScheme::kEcdsaSha512},
    {"PKIX_ED25519", KeyType::kEd25519, SignatureScheme::kEd25519},
    {"PKIX_ED25519_PH", KeyType::kEd25519, SignatureScheme::kEd25519ph},
    {"PKIX_RSA_PKCS1V15_2048_SHA256", KeyType::kRsa, SignatureScheme::kRsaPkcs1Sha256},
    {"PKIX_RSA_PKCS1V15_3072_SHA256", KeyType::kRsa, SignatureScheme::kRsaPkcs1Sha256},
    {"PKIX_RSA_PKCS1V15_4096_SHA256", KeyType::kRsa, SignatureScheme::kRsaPkcs1Sha256},
};

TEST(KeyByDetails, TakesEveryNameForItsTypeAndNoOther) {
  for (const DetailsCase& test : kCases)
    for (KeyType type : kEveryType) {
      const auto key = key_by_details(public_key_of(type).spki(), test.name);
      ASSERT_EQ(code(key), type == test.type ? "no error" : "key-malformed") << test.name << key_type_name(type);
      if (!key) continue;
      EXPECT_EQ(key->key, public_key_of(type));
      EXPECT_EQ(key->scheme, test.scheme) << test.name;
    }
}

// bare_rsa takes the algorithm off: RSAPublicKey alone (RFC 8017, A.1.1).
Bytes bare_rsa(const PublicKey& key) {
  const Bytes spki = key.spki();
  const ByteView contents = der_contents(kDerSequence, spki).value();
  const ByteView bits = der_contents(kDerBitString, contents.subspan(15)).value();
  return {bits.begin() + 1, bits.end()};
}

TEST(KeyByDetails, TakesABareRsaKey) {
  const auto key = key_by_details(bare_rsa(public_key_of(KeyType::kRsa)), "PKCS1_RSA_PKCS1V5");
  ASSERT_EQ(code(key), "no error");
  EXPECT_EQ(key->key, public_key_of(KeyType::kRsa));
  EXPECT_EQ(key->scheme, SignatureScheme::kRsaPkcs1Sha256);
}

TEST(KeyByDetails, DoesNotTakeOneFormForTheOther) {
  const PublicKey& rsa = public_key_of(KeyType::kRsa);
  EXPECT_EQ(code(key_by_details(rsa.spki(), "PKCS1_RSA_PKCS1V5")), "key-malformed");
  EXPECT_EQ(code(key_by_details(public_key_of(KeyType::kEcP256).spki(), "PKCS1_RSA_PKCS1V5")), "key-malformed");
  EXPECT_EQ(code(key_by_details(bare_rsa(rsa), "PKIX_RSA_PKCS1V15_2048_SHA256")), "key-malformed");
}

TEST(KeyByDetails, RefusesNamesThatAreNotSupported) {
  const Bytes spki = public_key_of(KeyType::kEcP256).spki();
  for (const char* name : {"", "PUBLIC_KEY_DETAILS_UNSPECIFIED", "PKCS1_RSA_PSS", "PKIX_RSA_PSS_2048_SHA256",
                           "PKIX_ECDSA_P256_HMAC_SHA_256", "PKIX_ECDSA_P384_SHA_256", "LMS_SHA256", "ML_DSA_65",
                           "pkix_ecdsa_p256_sha_256", "PKIX_ECDSA_P256_SHA_256 ", "5"})
    EXPECT_EQ(code(key_by_details(spki, name)), "key-unsupported") << name;
}

TEST(KeyByDetails, RefusesWhatIsNoKey) {
  Bytes longer = public_key_of(KeyType::kEcP256).spki();
  longer.push_back(0);
  Bytes shorter = public_key_of(KeyType::kEcP256).spki();
  shorter.pop_back();
  Bytes off_curve = public_key_of(KeyType::kEcP256).spki();
  off_curve.back() ^= 1;
  for (const Bytes& raw : {Bytes(), Bytes{0x30, 0x00}, longer, shorter, off_curve})
    EXPECT_EQ(code(key_by_details(raw, "PKIX_ECDSA_P256_SHA_256")), "key-malformed") << raw.size();
  EXPECT_EQ(code(key_by_details({}, "PKCS1_RSA_PKCS1V5")), "key-malformed");
}

// spki_of decodes a PEM key that PublicKey would not take.
Bytes spki_of(const std::string& private_pem) {
  const std::string pem = testing::public_key_pem(private_pem);
  std::string base64;
  for (const char c : pem.substr(26, pem.find("-----END") - 26))
    if (c != '\n') base64.push_back(c);
  return from_base64(base64).value();
}

TEST(KeyByDetails, RefusesWeakKeysAndOtherCurves) {
  EXPECT_EQ(code(key_by_details(spki_of(testing::generate_rsa_key_pem(1024)), "PKIX_RSA_PKCS1V15_2048_SHA256")),
            "key-unsupported");
  EXPECT_EQ(code(key_by_details(spki_of(testing::generate_curve_key_pem("secp256k1")), "PKIX_ECDSA_P256_SHA_256")),
            "key-unsupported");
}

// --- signatures of digests

struct DigestCase {
  KeyType type;
  SignatureScheme scheme;
  Sha2 algorithm;
};

constexpr DigestCase kDigestCases[] = {{KeyType::kEcP256, SignatureScheme::kEcdsaSha256, Sha2::k256},
                                       {KeyType::kEcP384, SignatureScheme::kEcdsaSha384, Sha2::k384},
                                       {KeyType::kEcP521, SignatureScheme::kEcdsaSha512, Sha2::k512},
                                       {KeyType::kRsa, SignatureScheme::kRsaPkcs1Sha256, Sha2::k256}};

Bytes sign(KeyType type) { return key_of(type).sign(kMessage).value(); }

TEST(VerifyDigest, TakesWhatTheKeySigned) {
  for (const DigestCase& test : kDigestCases)
    EXPECT_EQ(
        code(verify_digest(public_key_of(test.type), sha2(test.algorithm, kMessage), sign(test.type), test.scheme)),
        "no error")
        << key_type_name(test.type);
}

TEST(VerifyDigest, RefusesWhatItDidNotSign) {
  for (const DigestCase& test : kDigestCases) {
    const PublicKey& key = public_key_of(test.type);
    const Bytes digest = sha2(test.algorithm, kMessage);
    const Bytes good = sign(test.type);
    Bytes flipped = good;
    flipped.back() ^= 1;
    Bytes longer = good;
    longer.push_back(0);
    for (const Bytes& bad : {flipped, longer, Bytes(), Bytes(good.size())})
      EXPECT_EQ(code(verify_digest(key, digest, bad, test.scheme)), "signature-invalid") << key_type_name(test.type);
    const Bytes other = sha2(test.algorithm, Bytes{'m'});
    EXPECT_EQ(code(verify_digest(key, other, good, test.scheme)), "signature-invalid");
    const PublicKey stranger = load(testing::generate_key_pem(test.type))->public_key();
    EXPECT_EQ(code(verify_digest(stranger, digest, good, test.scheme)), "signature-invalid");
  }
}

// An ECDSA signature is over the leftmost bits of a digest: a shorter or longer one
// must not pass for it.
TEST(VerifyDigest, WantsADigestOfTheRightLength) {
  for (const DigestCase& test : kDigestCases) {
    const PublicKey& key = public_key_of(test.type);
    const Bytes good = sign(test.type);
    Bytes digest = sha2(test.algorithm, kMessage);
    digest.push_back(0);
    EXPECT_EQ(code(verify_digest(key, digest, good, test.scheme)), "signature-invalid") << key_type_name(test.type);
    digest.erase(digest.end() - 2, digest.end());
    EXPECT_EQ(code(verify_digest(key, digest, good, test.scheme)), "signature-invalid") << key_type_name(test.type);
    EXPECT_EQ(code(verify_digest(key, {}, good, test.scheme)), "signature-invalid") << key_type_name(test.type);
  }
}

TEST(VerifyDigest, RefusesTheSchemeOfAnotherKey) {
  for (const DigestCase& test : kDigestCases)
    for (const DigestCase& other : kDigestCases) {
      if (test.type == other.type) continue;
      EXPECT_EQ(code(verify_digest(public_key_of(test.type), sha2(other.algorithm, kMessage), sign(other.type),
                                   other.scheme)),
                "signature-invalid")
          << key_type_name(test.type) << " as " << key_type_name(other.type);
    }
  EXPECT_EQ(code(verify_digest(public_key_of(KeyType::kEd25519), sha2(Sha2::k256, kMessage), sign(KeyType::kEcP256),
                               SignatureScheme::kEcdsaSha256)),
            "signature-invalid");
}

TEST(VerifyDigest, CannotCheckEd25519) {
  for (SignatureScheme scheme : {SignatureScheme::kEd25519, SignatureScheme::kEd25519ph})
    EXPECT_EQ(code(verify_digest(public_key_of(KeyType::kEd25519), sha2(Sha2::k512, kMessage), sign(KeyType::kEd25519),
                                 scheme)),
              "key-unsupported");
}

}  // namespace
}  // namespace weightmark
