// OpenSSL's SHA-256, for CPUs that no other kernel knows. This is the only file
// of the layer that includes OpenSSL's headers.

// EVP hides the chaining value, which a kernel must read and set. The functions
// that show it are deprecated but part of the ABI of all of OpenSSL 3.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/sha.h>

#include <cstring>

#include "hash/kernels/kernel.h"

namespace weightmark {
namespace {

bool supported() { return true; }

void compress_one(Sha256State& state, const std::uint8_t* data, std::size_t blocks) {
  SHA256_CTX context;
  SHA256_Init(&context);
  static_assert(sizeof(context.h) == sizeof(state.words));
  std::memcpy(context.h, state.words, sizeof(state.words));
  SHA256_Update(&context, data, blocks * kSha256BlockSize);
  std::memcpy(state.words, context.h, sizeof(state.words));
}

void compress(Sha256State* states, const std::uint8_t* const* data, std::size_t streams, std::size_t blocks) {
  for (std::size_t i = 0; i < streams; ++i) compress_one(states[i], data[i], blocks);
}

void compress_prepared(Sha256State* states, std::size_t streams, const PreparedBlock& block) {
  for (std::size_t i = 0; i < streams; ++i) compress_one(states[i], block.bytes, 1);
}

}  // namespace

constinit const Sha256Kernel kSha256OpenSsl = {"openssl", 1, 1, supported, compress, compress_prepared};

void openssl_sha256(const std::uint8_t* data, std::size_t size, std::uint8_t (&digest)[32]) {
  SHA256(data, size, digest);
}

}  // namespace weightmark
