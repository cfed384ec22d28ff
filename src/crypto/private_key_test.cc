#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/openssl.h"
#include "crypto/pki_testing.h"
#include "weightmark/key.h"

namespace weightmark {
namespace {

using Loaded = Result<std::unique_ptr<SigningKey>>;

std::string_view code(const Loaded& result) { return result ? "no error" : code_name(result.error().code); }

// Password is a SecretSource that counts how often it is asked.
struct Password {
  std::string text;
  int asked = 0;
  SecretSource source() {
    return [this]() -> Result<Secret> {
      ++asked;
      return Secret(text);
    };
  }
};

// all_forms returns one key of a type in every form, as {PEM, is encrypted}.
std::vector<std::pair<std::string, bool>> all_forms(KeyType type, const std::string& password) {
  std::string plain = testing::generate_key_pem(type);
  std::vector<std::pair<std::string, bool>> forms = {{plain, false}, {testing::generate_key_pem(type, password), true}};
  if (type == KeyType::kEd25519) return forms;
  forms.emplace_back(testing::legacy_key_pem(plain), false);
  forms.emplace_back(testing::legacy_key_pem(plain, password), true);
  return forms;
}

class EveryForm : public ::testing::TestWithParam<KeyType> {};

TEST_P(EveryForm, LoadsAndAsksForAPasswordOnlyWhenEncrypted) {
  for (const auto& [pem, encrypted] : all_forms(GetParam(), "open sesame")) {
    Password password{"open sesame"};
    Loaded key = load_private_key(pem, password.source());
    ASSERT_EQ(code(key), "no error") << pem.substr(0, 40);
    EXPECT_EQ((*key)->public_key().type(), GetParam());
    EXPECT_EQ(password.asked, encrypted ? 1 : 0);
    Bytes signature = *(*key)->sign(as_bytes("model"));
    EXPECT_TRUE((*key)->public_key().verify(as_bytes("model"), signature, default_scheme(GetParam())));
  }
}

TEST_P(EveryForm, RefusesAWrongPasswordAfterAskingOnce) {
  for (const auto& [pem, encrypted] : all_forms(GetParam(), "open sesame")) {
    if (!encrypted) continue;
    for (std::string wrong : {std::string("guess"), std::string(), std::string(5000, 'x')}) {
      Password password{wrong};
      EXPECT_EQ(code(load_private_key(pem, password.source())), "key-password-wrong");
      EXPECT_EQ(password.asked, 1);
    }
  }
}

TEST_P(EveryForm, RefusesWithoutAPassword) {
  for (const auto& [pem, encrypted] : all_forms(GetParam(), "open sesame"))
    EXPECT_EQ(code(load_private_key(pem, {})), encrypted ? "key-password-required" : "no error");
}

TEST_P(EveryForm, PassesOnWhatThePasswordSourceReturns) {
  SecretSource interrupted = []() -> Result<Secret> {
    return std::unexpected(Error{ErrorCode::kInterrupted, "stopped", {}, {}});
  };
  EXPECT_EQ(code(load_private_key(testing::generate_key_pem(GetParam(), "x"), interrupted)), "interrupted");
}

INSTANTIATE_TEST_SUITE_P(AllTypes, EveryForm,
                         ::testing::Values(KeyType::kEcP256, KeyType::kEcP384, KeyType::kEcP521, KeyType::kRsa,
                                           KeyType::kEd25519));

// With the older encryption one wrong password in 256 leaves plausible padding.
TEST(PrivateKey, NeverTakesAWrongLegacyPasswordForDamage) {
  std::string pem = testing::legacy_key_pem(testing::generate_key_pem(KeyType::kEcP256), "right");
  for (int i = 0; i < 1500; ++i) {
    Password password{"wrong" + std::to_string(i)};
    ASSERT_EQ(code(load_private_key(pem, password.source())), "key-password-wrong") << i;
  }
}

TEST(PrivateKey, PassesOverCurveParametersAndText) {
  std::string pem =
      "Public Key Info:\n\tcurve: SECP256R1\n\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
      "-----END EC PARAMETERS-----\n" +
      testing::legacy_key_pem(testing::generate_key_pem(KeyType::kEcP256));
  EXPECT_EQ(code(load_private_key(pem, {})), "no error");
}

TEST(PrivateKey, RefusesOtherCurvesByName) {
  std::string pem = testing::generate_curve_key_pem("secp256k1");
  for (const std::string& form : {pem, testing::legacy_key_pem(pem)}) {
    Loaded key = load_private_key(form, {});
    ASSERT_EQ(code(key), "key-unsupported");
    EXPECT_NE(key.error().what.find("secp256k1"), std::string::npos);
  }
}

TEST(PrivateKey, RefusesSmallRsaAndOtherKinds) {
  EXPECT_EQ(code(load_private_key(testing::generate_rsa_key_pem(1024), {})), "key-unsupported");
  EXPECT_EQ(code(load_private_key("-----BEGIN DSA PRIVATE KEY-----\nMAA=\n-----END DSA PRIVATE KEY-----\n", {})),
            "key-unsupported");
}

TEST(PrivateKey, RefusesUnknownEncryption) {
  std::string pem =
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: ROT-13,00\n\nMAA=\n"
      "-----END EC PRIVATE KEY-----\n";
  Password password{"x"};
  EXPECT_EQ(code(load_private_key(pem, password.source())), "key-unsupported");
  EXPECT_EQ(password.asked, 0);
}

// SEQUENCE { SEQUENCE { OID 1.2.3.4, NULL }, OCTET STRING of 16 bytes }
TEST(PrivateKey, RefusesUnknownPkcs8Encryption) {
  std::string pem =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMBswBwYDKgMEBQAEEAAAAAAAAAAAAAAAAAAAAAA=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  Password password{"x"};
  EXPECT_EQ(code(load_private_key(pem, password.source())), "key-unsupported");
}

TEST(PrivateKey, ExplainsWhatTheFileHasInstead) {
  std::string private_pem = testing::generate_key_pem(KeyType::kEcP256);
  std::string encrypted = testing::generate_key_pem(KeyType::kEcP256, "x");
  auto block = [](const std::string& label) {
    return "-----BEGIN " + label + "-----\nMAA=\n-----END " + label + "-----\n";
  };
  std::pair<std::string, std::string> cases[] = {
      {testing::public_key_pem(private_pem), "public key"},
      {testing::certificate_pem(testing::TestAuthority::root().certificate()), "certificate"},
      {"", "no PEM block"},
      {"\x30\x59", "DER"},
      {private_pem + encrypted, "more than one"},
      {private_pem.substr(0, 100), "cannot be read"},
      {block("PRIVATE KEY"), "PKCS#8"},
      {block("ENCRYPTED PRIVATE KEY"), "PKCS#8"},
      {block("EC PRIVATE KEY"), "cannot be decoded"},
      {block("OPENSSH PRIVATE KEY"), "OpenSSH"},
      {block("DH PARAMETERS"), "DH PARAMETERS"}};
  for (const auto& [pem, what] : cases) {
    Password password{"x"};
    Loaded key = load_private_key(pem, password.source());
    ASSERT_EQ(code(key), "key-malformed") << what;
    EXPECT_NE(key.error().what.find(what), std::string::npos) << key.error().what;
    EXPECT_EQ(password.asked, 0);
  }
}

// mismatched_pair writes the private half of one key with the public half of
// another, in SEC1 (RFC 5915): the point is at the end of it.
std::string mismatched_pair() {
  auto der_of = [](const std::string& pem) {
    BioPtr bio = memory_reader(pem);
    PkeyPtr pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    return encode_der(i2d_PrivateKey, pkey.get());
  };
  Bytes mixed = der_of(testing::generate_key_pem(KeyType::kEcP256));
  Bytes other = der_of(testing::generate_key_pem(KeyType::kEcP256));
  std::copy(other.end() - 64, other.end(), mixed.end() - 64);
  BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), "EC PRIVATE KEY", "", mixed.data(), static_cast<long>(mixed.size()));
  return written_text(bio.get());
}

TEST(PrivateKey, RefusesHalvesThatDoNotBelongTogether) {
  EXPECT_EQ(code(load_private_key(mismatched_pair(), {})), "key-malformed");
}

TEST(Secret, HoldsAndMovesText) {
  Secret a("1234");
  EXPECT_EQ(a.view(), "1234");
  Secret b = std::move(a);
  EXPECT_EQ(b.view(), "1234");
  Secret c("other");
  c = std::move(b);
  EXPECT_EQ(c.view(), "1234");
  EXPECT_EQ(Secret().view(), "");
}

}  // namespace
}  // namespace weightmark
