#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/encoding.h"
#include "crypto/ecdsa_signature.h"
#include "crypto/ed25519.h"
#include "crypto/openssl.h"
#include "crypto/pki_testing.h"
#include "crypto/spki.h"
#include "weightmark/key.h"

namespace weightmark {
namespace {

constexpr KeyType kAllTypes[] = {KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa,
                                 KeyType::kEd25519};

std::unique_ptr<SigningKey> load(const std::string& pem) {
  Result<std::unique_ptr<SigningKey>> key = load_private_key(pem, {});
  if (!key) ADD_FAILURE() << describe(key.error());
  return key ? *std::move(key) : nullptr;
}

std::string_view code(const Result<PublicKey>& result) { return result ? "no error" : code_name(result.error().code); }

std::string_view code(const Result<void>& result) { return result ? "no error" : code_name(result.error().code); }

class PublicKeyOfType : public ::testing::TestWithParam<KeyType> {
 protected:
  SignatureScheme scheme() const { return default_scheme(GetParam()); }
  std::unique_ptr<SigningKey> key_ = load(testing::generate_key_pem(GetParam()));
  Bytes message_ = {'m', 'o', 'd', 'e', 'l'};
};

TEST_P(PublicKeyOfType, VerifiesWhatItsPrivateKeySigned) {
  EXPECT_EQ(key_->public_key().type(), GetParam());
  Bytes signature = *key_->sign(message_);
  EXPECT_EQ(code(key_->public_key().verify(message_, signature, scheme())), "no error");
  EXPECT_TRUE(key_->public_key().could_have_made(signature));
}

TEST_P(PublicKeyOfType, VerifiesTheEmptyMessage) {
  Bytes signature = *key_->sign({});
  EXPECT_EQ(code(key_->public_key().verify({}, signature, scheme())), "no error");
}

TEST_P(PublicKeyOfType, RefusesAnotherMessage) {
  Bytes signature = *key_->sign(message_);
  message_[0] ^= 1;
  EXPECT_EQ(code(key_->public_key().verify(message_, signature, scheme())), "signature-invalid");
}

TEST_P(PublicKeyOfType, RefusesAnotherKeysSignature) {
  Bytes signature = *load(testing::generate_key_pem(GetParam()))->sign(message_);
  EXPECT_EQ(code(key_->public_key().verify(message_, signature, scheme())), "signature-invalid");
}

TEST_P(PublicKeyOfType, RefusesDamagedSignatures) {
  Bytes good = *key_->sign(message_);
  for (std::size_t i = 0; i < good.size(); i += 7) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    EXPECT_EQ(code(key_->public_key().verify(message_, bad, scheme())), "signature-invalid") << i;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(code(key_->public_key().verify(message_, longer, scheme())), "signature-invalid");
  good.pop_back();
  EXPECT_EQ(code(key_->public_key().verify(message_, good, scheme())), "signature-invalid");
  EXPECT_EQ(code(key_->public_key().verify(message_, {}, scheme())), "signature-invalid");
}

TEST_P(PublicKeyOfType, RefusesSchemesOfOtherTypes) {
  Bytes signature = *key_->sign(message_);
  for (KeyType other : kAllTypes) {
    if (default_scheme(other) == scheme()) continue;
    EXPECT_EQ(code(key_->public_key().verify(message_, signature, default_scheme(other))), "signature-invalid");
  }
}

TEST_P(PublicKeyOfType, CouldNotHaveMadeOtherTypesSignatures) {
  for (KeyType other : kAllTypes) {
    if (other == GetParam()) continue;
    Bytes signature = *load(testing::generate_key_pem(other))->sign(message_);
    EXPECT_FALSE(key_->public_key().could_have_made(signature)) << key_type_name(other);
  }
}

// The hint is SHA-256 of what `openssl pkey -pubout` prints.
TEST_P(PublicKeyOfType, FingerprintIsOfThePemText) {
  std::string private_pem = testing::generate_key_pem(GetParam());
  std::string pem = testing::public_key_pem(private_pem);
  PublicKey key = *PublicKey::from_pem(pem);
  EXPECT_EQ(key.pem(), pem);
  EXPECT_EQ(key.fingerprint(), sha256_hex(as_bytes(pem)));
  EXPECT_EQ(key.fingerprint(), load(private_pem)->public_key().fingerprint());
}

TEST_P(PublicKeyOfType, ComesBackFromItsDer) {
  Result<PublicKey> again = PublicKey::from_spki(key_->public_key().spki());
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, key_->public_key());
  EXPECT_GE(again->bits(), 253);
}

TEST_P(PublicKeyOfType, RefusesDerWithMoreOrLess) {
  Bytes der = key_->public_key().spki();
  der.push_back(0);
  EXPECT_EQ(code(PublicKey::from_spki(der)), "key-malformed");
  ByteView shorter = ByteView(der).first(der.size() - 2);
  EXPECT_EQ(code(PublicKey::from_spki(shorter)), "key-malformed");
}

INSTANTIATE_TEST_SUITE_P(AllTypes, PublicKeyOfType, ::testing::ValuesIn(kAllTypes), [](const auto& test) {
  std::string name(key_type_name(test.param));
  std::erase_if(name, [](char c) { return c == ' ' || c == '-'; });
  return name;
});

// signed_with_sha256 signs as Sigstore's 0.2 clients do, whatever the curve.
Bytes signed_with_sha256(const std::string& private_pem, ByteView message) {
  BioPtr bio = memory_reader(private_pem);
  PkeyPtr pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  MdContextPtr context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pkey.get());
  Bytes signature(256);
  std::size_t size = signature.size();
  EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size());
  signature.resize(size);
  return signature;
}

TEST(PublicKey, VerifiesLegacySha256OnLargerCurves) {
  Bytes message = {1, 2, 3};
  for (KeyType type : {KeyType::kEcP384, KeyType::kEcP521}) {
    std::string pem = testing::generate_key_pem(type);
    PublicKey key = load(pem)->public_key();
    Bytes signature = signed_with_sha256(pem, message);
    EXPECT_EQ(code(key.verify(message, signature, SignatureScheme::kEcdsaSha256)), "no error");
    EXPECT_EQ(code(key.verify(message, signature, default_scheme(type))), "signature-invalid");
  }
}

TEST(PublicKey, RefusesEcdsaSignaturesThatAreNotStrictDer) {
  std::unique_ptr<SigningKey> key = load(testing::generate_key_pem(KeyType::kEcP256));
  Bytes message = {1};
  Bytes der = *key->sign(message);
  // The same SEQUENCE with its length in the long form.
  Bytes ber = {der[0], 0x81};
  ber.insert(ber.end(), der.begin() + 1, der.end());
  EXPECT_EQ(code(key->public_key().verify(message, ber, SignatureScheme::kEcdsaSha256)), "signature-invalid");
  EXPECT_FALSE(key->public_key().could_have_made(ber));
}

TEST(PublicKey, CouldNotHaveMadeTinyOrNegativeIntegers) {
  PublicKey key = load(testing::generate_key_pem(KeyType::kEcP256))->public_key();
  EXPECT_FALSE(key.could_have_made(*from_hex("3006020101020101")));
  EXPECT_FALSE(key.could_have_made(*from_hex("30060201ff0201ff")));
  EXPECT_FALSE(key.could_have_made({}));
}

// Our spelling of a key is OpenSSL's, which is that of every other client.
TEST_P(PublicKeyOfType, IsSpelledAsOpenSslDoes) {
  const PublicKey& key = key_->public_key();
  const auto spki = decode_der<SpkiPtr>(d2i_X509_PUBKEY, key.spki());
  ASSERT_TRUE(spki);
  const PkeyPtr decoded(X509_PUBKEY_get(spki.get()));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode_der(i2d_PUBKEY, decoded.get()), key.spki());
  EXPECT_EQ(encode_spki(decoded.get()), key.spki());
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PUBKEY(bio.get(), decoded.get()), 1);
  EXPECT_EQ(key.pem(), written_text(bio.get()));
  // RSA has no fixed length, so it always takes OpenSSL's decoder.
  const PkeyPtr again = decode_spki(key.spki());
  ASSERT_EQ(again != nullptr, GetParam() != KeyType::kRsa);
  EXPECT_TRUE(!again || EVP_PKEY_eq(again.get(), decoded.get()) == 1);
}

TEST(PublicKey, RefusesSmallRsa) {
  EXPECT_EQ(code(PublicKey::from_pem(testing::public_key_pem(testing::generate_rsa_key_pem(1024)))), "key-unsupported");
}

TEST(PublicKey, RefusesOtherCurvesByName) {
  Result<PublicKey> key = PublicKey::from_pem(testing::public_key_pem(testing::generate_curve_key_pem("secp256k1")));
  ASSERT_EQ(code(key), "key-unsupported");
  EXPECT_NE(key.error().what.find("secp256k1"), std::string::npos);
  EXPECT_NE(key.error().hint.find("P-256, P-384 or P-521"), std::string::npos);
}

TEST(PublicKey, RefusesAlgorithmsThatDoNotSign) {
  PkeyPtr pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  EXPECT_EQ(code(PublicKey::from_spki(encode_der(i2d_PUBKEY, pkey.get()))), "key-unsupported");
}

TEST(PublicKey, RefusesUnknownAlgorithms) {
  // SEQUENCE { SEQUENCE { OID 1.2.3.4 }, BIT STRING 00 }
  EXPECT_EQ(code(PublicKey::from_spki(*from_hex("300b300506032a030403020000"))), "key-unsupported");
}

TEST(PublicKey, RefusesPointsOffTheCurve) {
  Bytes der = load(testing::generate_key_pem(KeyType::kEcP256))->public_key().spki();
  der.back() ^= 1;
  EXPECT_EQ(code(PublicKey::from_spki(der)), "key-malformed");
  EXPECT_FALSE(decode_spki(der));
}

// RFC 5480, section 2.1.1: a curve has a name, even one whose numbers are right.
TEST(PublicKey, RefusesSpelledOutCurves) {
  PkeyPtr named(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  EVP_PKEY_set_utf8_string_param(named.get(), "encoding", "explicit");
  EXPECT_EQ(code(PublicKey::from_spki(encode_der(i2d_PUBKEY, named.get()))), "key-unsupported");
}

TEST(PublicKey, FingerprintsCompressedPointsLikeOthers) {
  PkeyPtr pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  Bytes uncompressed = encode_der(i2d_PUBKEY, pkey.get());
  EVP_PKEY_set_utf8_string_param(pkey.get(), "point-format", "compressed");
  Bytes compressed = encode_der(i2d_PUBKEY, pkey.get());
  ASSERT_LT(compressed.size(), uncompressed.size());
  EXPECT_EQ(*PublicKey::from_spki(compressed), *PublicKey::from_spki(uncompressed));
}

TEST(PublicKey, ExplainsWhatTheFileHasInstead) {
  std::string private_pem = testing::generate_key_pem(KeyType::kEcP256);
  std::string public_pem = testing::public_key_pem(private_pem);
  std::string certificate = testing::certificate_pem(testing::TestAuthority::root().certificate());
  struct Case {
    std::string pem;
    std::string what;
  } cases[] = {{private_pem, "private key"},
               {testing::legacy_key_pem(private_pem), "private key"},
               {certificate, "certificate"},
               {"", "no PEM block"},
               {"hello", "no PEM block"},
               {"\x30\x59", "DER"},
               {public_pem + public_pem, "more than one"},
               {public_pem.substr(0, 60), "cannot be read"},
               {"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", "SubjectPublicKeyInfo"},
               {"-----BEGIN RSA PUBLIC KEY-----\nMAA=\n-----END RSA PUBLIC KEY-----\n", "PKCS#1"},
               {"-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n", "DH PARAMETERS"}};
  for (const Case& test : cases) {
    Result<PublicKey> key = PublicKey::from_pem(test.pem);
    ASSERT_EQ(code(key), "key-malformed") << test.what;
    EXPECT_NE(key.error().what.find(test.what), std::string::npos) << key.error().what;
  }
}

Ed25519Key key_from_hex(std::string_view hex) {
  Ed25519Key key{};
  std::ranges::copy(*from_hex(hex), key.begin());
  return key;
}

// RFC 8032, section 7.3: the vector of Ed25519ph.
TEST(Ed25519, MakesTheVectorOfRfc8032ForPrehashing) {
  Ed25519Key seed = key_from_hex("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
  Ed25519Key public_key = key_from_hex("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf");
  Bytes message = {'a', 'b', 'c'};
  Ed25519Signature signature = ed25519ph_sign(message, seed);
  EXPECT_EQ(to_hex(signature),
            "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
            "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406");
  EXPECT_TRUE(ed25519ph_verify(message, signature, public_key));
  EXPECT_FALSE(ed25519_verify(message, signature, public_key));
}

// RFC 8032, section 7.1, test 3.
TEST(Ed25519, VerifiesTheVectorOfRfc8032WithoutPrehashing) {
  Ed25519Key raw = key_from_hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
  PkeyPtr pkey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw.data(), raw.size()));
  PublicKey key = *PublicKey::from_spki(encode_der(i2d_PUBKEY, pkey.get()));
  Bytes message = {0xaf, 0x82};
  Bytes signature = *from_hex(
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
  EXPECT_EQ(code(key.verify(message, signature, SignatureScheme::kEd25519)), "no error");
  EXPECT_EQ(code(key.verify(message, signature, SignatureScheme::kEd25519ph)), "signature-invalid");
}

TEST(EcdsaSignature, TurnsRawIntoDer) {
  EXPECT_EQ(to_hex(*ecdsa_signature_from_raw(*from_hex("01ff"))), "3007020101020200ff");
  EXPECT_FALSE(ecdsa_signature_from_raw(*from_hex("01ff02")));
  EXPECT_FALSE(ecdsa_signature_from_raw({}));
}

}  // namespace
}  // namespace weightmark
