#include "crypto/ephemeral_key.h"

#include <gtest/gtest.h>

#include "crypto/pki_testing.h"

namespace weightmark {
namespace {

TEST(EphemeralKey, SignsAndIsNewEachTime) {
  const auto key = EphemeralKey::generate().value();
  EXPECT_EQ(key->public_key().type(), KeyType::kEcP256);
  const Bytes signature = key->sign(as_bytes("message")).value();
  EXPECT_TRUE(key->public_key().verify(as_bytes("message"), signature, SignatureScheme::kEcdsaSha256));
  EXPECT_NE(EphemeralKey::generate().value()->public_key(), key->public_key());
}

TEST(EphemeralKey, RequestsACertificateOfItself) {
  const auto key = EphemeralKey::generate().value();
  const std::string request = key->certificate_request().value();
  EXPECT_TRUE(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
  EXPECT_EQ(testing::key_in_request(request), key->public_key());
}

}  // namespace
}  // namespace weightmark
