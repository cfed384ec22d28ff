#include "crypto/tuf_key.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/encoding.h"
#include "crypto/openssl.h"
#include "crypto/pki_testing.h"
#include "crypto/sha2.h"

namespace weightmark {
namespace {

PkeyPtr private_key(const std::string& pem) {
  return PkeyPtr(PEM_read_bio_PrivateKey(memory_reader(pem).get(), nullptr, nullptr, nullptr));
}

// sign signs as OpenSSL does by itself; with PSS where there is a length for the salt.
Bytes sign(EVP_PKEY* key, const EVP_MD* algorithm, ByteView message, int salt = 0) {
  MdContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  EXPECT_EQ(EVP_DigestSignInit(context.get(), &options, algorithm, nullptr, key), 1);
  if (salt != 0) {
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt), 1);
  }
  std::size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size());
  Bytes signature(size);
  EXPECT_EQ(EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()), 1);
  signature.resize(size);
  return signature;
}

std::string_view code(const Result<TufKey>& key) { return key ? "no error" : code_name(key.error().code); }

void expect_only(const TufKey& key, ByteView message, Bytes signature) {
  EXPECT_TRUE(key.verify(message, signature));
  EXPECT_FALSE(key.verify(as_bytes("other"), signature));
  EXPECT_FALSE(key.verify(message, {}));
  signature.back() ^= 1;
  EXPECT_FALSE(key.verify(message, signature));
}

const ByteView kMessage = as_bytes("metadata");

TEST(TufKey, RsaIsPssWithAnySalt) {
  const std::string pem = testing::generate_key_pem(KeyType::kRsa);
  const auto key = TufKey::parse("rsa", "rsassa-pss-sha256", testing::public_key_pem(pem));
  ASSERT_EQ(code(key), "no error");
  const PkeyPtr secret = private_key(pem);
  expect_only(*key, kMessage, sign(secret.get(), EVP_sha256(), kMessage, RSA_PSS_SALTLEN_DIGEST));
  expect_only(*key, kMessage, sign(secret.get(), EVP_sha256(), kMessage, RSA_PSS_SALTLEN_MAX));
  EXPECT_FALSE(key->verify(kMessage, sign(secret.get(), EVP_sha256(), kMessage))) << "PKCS #1 v1.5";
  EXPECT_FALSE(key->verify(kMessage, sign(secret.get(), EVP_sha384(), kMessage, RSA_PSS_SALTLEN_DIGEST)));
}

TEST(TufKey, EcdsaIsOnP256UnderTwoNames) {
  const std::string pem = testing::generate_key_pem(KeyType::kEcP256);
  for (const char* type : {"ecdsa", "ecdsa-sha2-nistp256"}) {
    const auto key = TufKey::parse(type, "ecdsa-sha2-nistp256", testing::public_key_pem(pem));
    ASSERT_EQ(code(key), "no error");
    expect_only(*key, kMessage, sign(private_key(pem).get(), EVP_sha256(), kMessage));
  }
}

TEST(TufKey, Ed25519IsPureAndInHexadecimalDigits) {
  const PkeyPtr secret = private_key(testing::generate_key_pem(KeyType::kEd25519));
  Bytes raw(32);
  std::size_t size = raw.size();
  ASSERT_EQ(EVP_PKEY_get_raw_public_key(secret.get(), raw.data(), &size), 1);
  const auto key = TufKey::parse("ed25519", "ed25519", to_hex(raw));
  ASSERT_EQ(code(key), "no error");
  expect_only(*key, kMessage, sign(secret.get(), nullptr, kMessage));
}

TEST(TufKey, RefusesWhatItDoesNotKnow) {
  const std::string ec = testing::public_key_pem(testing::generate_key_pem(KeyType::kEcP256));
  const std::string other_curve = testing::public_key_pem(testing::generate_key_pem(KeyType::kEcP384));
  EXPECT_EQ(code(TufKey::parse("rsa", "rsa-pkcs1v15-sha256", ec)), "key-unsupported");
  EXPECT_EQ(code(TufKey::parse("ecdsa", "ecdsa-sha2-nistp384", ec)), "key-unsupported");
  EXPECT_EQ(code(TufKey::parse("rsa", "rsassa-pss-sha256", ec)), "key-malformed");
  EXPECT_EQ(code(TufKey::parse("ecdsa", "ecdsa-sha2-nistp256", other_curve)), "key-malformed");
  EXPECT_EQ(code(TufKey::parse("ecdsa", "ecdsa-sha2-nistp256", "04ab")), "key-malformed");
  EXPECT_EQ(code(TufKey::parse("ed25519", "ed25519", "00")), "key-malformed");
  EXPECT_EQ(code(TufKey::parse("ed25519", "ed25519", ec)), "key-malformed");
}

TEST(Sha2, IsTheStandards) {  // FIPS 180-4, the examples of "abc"
  EXPECT_EQ(to_hex(sha2(Sha2::k256, as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(
      to_hex(sha2(Sha2::k512, as_bytes("abc"))).starts_with("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"));
}

}  // namespace
}  // namespace weightmark
