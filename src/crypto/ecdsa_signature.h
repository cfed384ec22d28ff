// The two spellings of an ECDSA signature: DER (RFC 3279, section 2.2.3) and r
// followed by s (PKCS#11, CKM_ECDSA).
#pragma once

#include <optional>

#include "crypto/openssl.h"
#include "weightmark/bytes.h"

namespace weightmark {

// parse_ecdsa_signature takes strict DER: what encodes back to the same bytes.
// BER's other spellings would give one signature several forms. Null otherwise.
EcdsaSignaturePtr parse_ecdsa_signature(ByteView der);

// ecdsa_signature_from_raw turns r || s, each half of `raw`, into DER. Nothing
// when the length is odd or zero.
std::optional<Bytes> ecdsa_signature_from_raw(ByteView raw);

}  // namespace weightmark
