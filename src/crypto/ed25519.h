// Ed25519 and Ed25519ph (RFC 8032, section 5.1), by libsodium: OpenSSL 3.0 has
// no pre-hashed form. Keys are the raw 32 bytes of RFC 8410.
#pragma once

#include <array>
#include <cstdint>

#include "weightmark/bytes.h"

namespace weightmark {

using Ed25519Key = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;

// ed25519ph_sign signs with the private key `seed` and the empty context.
Ed25519Signature ed25519ph_sign(ByteView message, const Ed25519Key& seed);

// Both refuse a signature of the wrong length, an s that is not reduced and
// public keys of small order.
bool ed25519ph_verify(ByteView message, ByteView signature, const Ed25519Key& public_key);
bool ed25519_verify(ByteView message, ByteView signature, const Ed25519Key& public_key);

}  // namespace weightmark
