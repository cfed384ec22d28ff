// What a PublicKey holds, for the rest of src/crypto.
#pragma once

#include <string>

#include "crypto/openssl.h"
#include "weightmark/key.h"

namespace weightmark {

struct PublicKey::Impl {
  PkeyPtr pkey;
  KeyType type;
  int bits;
  Bytes spki;
  std::string pem;
};

// hash_of returns the hash of a scheme, or null for the two of Ed25519, which
// hash by themselves.
const EVP_MD* hash_of(SignatureScheme scheme);

// supported_key_type returns what kind of key this is, public or private.
// Errors: key-unsupported.
Result<KeyType> supported_key_type(const EVP_PKEY* pkey);

// public_half returns the public key that belongs to a private one.
// Errors: key-unsupported.
Result<PublicKey> public_half(const EVP_PKEY* private_key);

}  // namespace weightmark
