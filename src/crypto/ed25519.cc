#include "crypto/ed25519.h"

#include <sodium.h>

#include <cstdlib>

namespace weightmark {
namespace {

static_assert(crypto_sign_SEEDBYTES == sizeof(Ed25519Key));
static_assert(crypto_sign_PUBLICKEYBYTES == sizeof(Ed25519Key));
static_assert(crypto_sign_BYTES == sizeof(Ed25519Signature));

// initialize_sodium picks libsodium's implementations; it may be called from
// several threads and again and again. It fails only without a source of
// randomness, and a process without one must not sign anything.
void initialize_sodium() {
  static const int status = sodium_init();
  if (status < 0) std::abort();
}

crypto_sign_state prehash(ByteView message) {
  initialize_sodium();
  crypto_sign_state state;
  crypto_sign_init(&state);
  crypto_sign_update(&state, message.data(), message.size());
  return state;
}

}  // namespace

Ed25519Signature ed25519ph_sign(ByteView message, const Ed25519Key& seed) {
  crypto_sign_state state = prehash(message);
  Ed25519Key public_key;
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret_key;
  crypto_sign_seed_keypair(public_key.data(), secret_key.data(), seed.data());
  Ed25519Signature signature;
  crypto_sign_final_create(&state, signature.data(), nullptr, secret_key.data());
  sodium_memzero(secret_key.data(), secret_key.size());
  return signature;
}

bool ed25519ph_verify(ByteView message, ByteView signature, const Ed25519Key& public_key) {
  if (signature.size() != crypto_sign_BYTES) return false;
  crypto_sign_state state = prehash(message);
  return crypto_sign_final_verify(&state, signature.data(), public_key.data()) == 0;
}

bool ed25519_verify(ByteView message, ByteView signature, const Ed25519Key& public_key) {
  initialize_sodium();
  if (signature.size() != crypto_sign_BYTES) return false;
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), public_key.data()) == 0;
}

}  // namespace weightmark
