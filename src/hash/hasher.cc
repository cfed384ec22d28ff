#include "hash/hasher.h"

#include <blake3.h>
#include <sodium.h>

#include <variant>

#include "hash/sha256.h"

namespace weightmark {
namespace {

struct Blake2b {
  Blake2b() { start(); }

  void start() { crypto_generichash_blake2b_init(&state, nullptr, 0, crypto_generichash_blake2b_BYTES_MAX); }

  crypto_generichash_blake2b_state state;
};

using AnyHash = std::variant<Sha256, Blake2b, blake3_hasher>;

// choose_blake3_code makes BLAKE3 look at the CPU once, before several threads
// would at the same time: it keeps what it finds in a plain global.
void choose_blake3_code() {
  static const bool chosen = [] {
    blake3_hasher hasher;
    blake3_hasher_init(&hasher);
    std::uint8_t digest[BLAKE3_OUT_LEN];
    blake3_hasher_finalize(&hasher, digest, sizeof digest);
    return true;
  }();
  static_cast<void>(chosen);
}

AnyHash make_hash(HashAlgorithm algorithm) {
  if (algorithm == HashAlgorithm::kSha256) return Sha256();
  if (algorithm == HashAlgorithm::kBlake2b) {
    // Chooses the code for this CPU, once. Where it cannot, the portable code
    // stays, so that its result needs no check.
    (void)!sodium_init();
    return Blake2b();
  }
  choose_blake3_code();
  blake3_hasher hasher;
  blake3_hasher_init(&hasher);
  return hasher;
}

void update_hash(Sha256& hash, ByteView bytes) { hash.update(bytes); }

void update_hash(Blake2b& hash, ByteView bytes) {
  crypto_generichash_blake2b_update(&hash.state, bytes.data(), bytes.size());
}

void update_hash(blake3_hasher& hash, ByteView bytes) { blake3_hasher_update(&hash, bytes.data(), bytes.size()); }

Digest finish_hash(Sha256& hash) { return {HashAlgorithm::kSha256, hash.finish()}; }

Digest finish_hash(Blake2b& hash) {
  std::array<std::uint8_t, crypto_generichash_blake2b_BYTES_MAX> output;
  crypto_generichash_blake2b_final(&hash.state, output.data(), output.size());
  hash.start();
  return {HashAlgorithm::kBlake2b, output};
}

Digest finish_hash(blake3_hasher& hash) {
  std::array<std::uint8_t, BLAKE3_OUT_LEN> output;
  blake3_hasher_finalize(&hash, output.data(), output.size());
  blake3_hasher_init(&hash);
  return {HashAlgorithm::kBlake3, output};
}

}  // namespace

struct Hasher::State {
  AnyHash hash;
};

Hasher::Hasher(HashAlgorithm algorithm) : state_(std::make_unique<State>(make_hash(algorithm))) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(ByteView bytes) {
  if (bytes.empty()) return;  // an empty view may be a null pointer, which the libraries do not take
  std::visit([bytes](auto& hash) { update_hash(hash, bytes); }, state_->hash);
}

Digest Hasher::finish() {
  return std::visit([](auto& hash) { return finish_hash(hash); }, state_->hash);
}

Digest hash_bytes(HashAlgorithm algorithm, ByteView bytes) {
  Hasher hasher(algorithm);
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace weightmark
