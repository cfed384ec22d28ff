// The public half of a key on a token, from the attributes that tokens have.
#pragma once

#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/key.h"

namespace weightmark {

// public_key_from_ec takes CKA_EC_PARAMS, the DER of a curve's name, and
// CKA_EC_POINT, which should be a DER OCTET STRING (PKCS#11 v2.40, section 2.3.3)
// but is the bare point on some tokens.
// Errors: key-malformed, key-unsupported.
Result<PublicKey> public_key_from_ec(ByteView parameters, ByteView point);

// public_key_from_rsa takes CKA_MODULUS and CKA_PUBLIC_EXPONENT, big-endian.
// Errors: key-malformed, key-unsupported.
Result<PublicKey> public_key_from_rsa(ByteView modulus, ByteView exponent);

}  // namespace weightmark
