// Hashing one stream of bytes.
#pragma once

#include <memory>

#include "weightmark/digest.h"

namespace weightmark {

// Hasher computes the digest of bytes given piece by piece.
class Hasher {
 public:
  explicit Hasher(HashAlgorithm algorithm);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void update(ByteView bytes);

  // finish returns the digest and leaves the hasher as if new.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// hash_bytes computes the digest of bytes in memory.
Digest hash_bytes(HashAlgorithm algorithm, ByteView bytes);

}  // namespace weightmark
