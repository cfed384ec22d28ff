// Encodings of ECDSA signatures.
#pragma once

#include <optional>

#include "weightmark/bytes.h"

namespace weightmark {

// der_of_p1363 writes a signature of IEEE P1363, both numbers in full length one behind the
// other, as DER (RFC 3279, section 2.2.3), as Sigstore has them. Nothing where the length is
// not that of a signature with P-256, P-384 or P-521.
std::optional<Bytes> der_of_p1363(ByteView signature);

}  // namespace weightmark
