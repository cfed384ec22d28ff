// SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) of the keys that have one spelling
// only, without OpenSSL's decoders and encoders: those take longer to set up than a
// small model takes to verify.
#pragma once

#include "crypto/openssl.h"

namespace weightmark {

// decode_spki makes a key of an uncompressed point on one of our curves (RFC 5480), or
// of an Ed25519 key (RFC 8410). Null for anything else, which a decoder may know.
PkeyPtr decode_spki(ByteView der);

// encode_spki writes any public key, EC points as they are: see
// OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT.
Bytes encode_spki(const EVP_PKEY* key);

}  // namespace weightmark
