// Keys as trusted roots list them: bytes, and what they are.
// https://github.com/sigstore/protobuf-specs, sigstore_common.proto, PublicKeyDetails
#pragma once

#include <string_view>

#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/key.h"

namespace weightmark {

// DetailedKey is a key and the one way in which it signs.
struct DetailedKey {
  PublicKey key;
  SignatureScheme scheme;
};

// key_by_details reads a key of the kind that `details` names, such as
// "PKIX_ECDSA_P256_SHA_256". The key must be of that kind.
// Errors: key-unsupported, key-malformed.
Result<DetailedKey> key_by_details(ByteView raw, std::string_view details);

// verify_digest checks a signature of which only the message's digest is known, made by
// the scheme's own hash. Pure Ed25519 signs the message itself, twice.
// Errors: signature-invalid, key-unsupported.
Result<void> verify_digest(const PublicKey& key, ByteView digest, ByteView signature, SignatureScheme scheme);

}  // namespace weightmark
