// Digests and the algorithms that make them.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

// HashAlgorithm is one of the OMS algorithm registry's file hashes.
enum class HashAlgorithm : std::uint8_t {
  kSha256,   // SHA-256, 32 bytes, "sha256"
  kBlake2b,  // BLAKE2b-512 without a key, 64 bytes, "blake2b"
  kBlake3,   // BLAKE3 in its default mode, 32 bytes, "blake3"
};

// algorithm_name returns the spelling used on the wire.
WEIGHTMARK_API std::string_view algorithm_name(HashAlgorithm algorithm);

// find_algorithm accepts the wire spelling only.
WEIGHTMARK_API std::optional<HashAlgorithm> find_algorithm(std::string_view name);

// digest_size returns the length of a digest in bytes.
WEIGHTMARK_API std::size_t digest_size(HashAlgorithm algorithm);

// Digest is an algorithm and its output. The default is SHA-256 of nothing known:
// 32 zero bytes.
class WEIGHTMARK_API Digest {
 public:
  Digest() = default;

  // `bytes` must have the algorithm's length; shorter or longer input is a
  // programming error and yields zero padding or truncation.
  Digest(HashAlgorithm algorithm, ByteView bytes);

  // from_hex parses exactly 2 * digest_size lower-case hexadecimal digits.
  // Errors: digest-upper-case, digest-not-hex, digest-length.
  static Result<Digest> from_hex(HashAlgorithm algorithm, std::string_view hex);

  HashAlgorithm algorithm() const { return algorithm_; }
  ByteView bytes() const { return {bytes_.data(), digest_size(algorithm_)}; }
  std::string hex() const;

  friend bool operator==(const Digest& a, const Digest& b) = default;

 private:
  HashAlgorithm algorithm_ = HashAlgorithm::kSha256;
  std::array<std::uint8_t, 64> bytes_{};
};

}  // namespace weightmark
