#include "weightmark/digest.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"

namespace weightmark {
namespace {

struct AlgorithmInfo {
  std::string_view name;
  std::size_t size;
};

constexpr AlgorithmInfo info(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha256: return {"sha256", 32};
    case HashAlgorithm::kBlake2b: return {"blake2b", 64};
    case HashAlgorithm::kBlake3: return {"blake3", 32};
  }
  return {"", 0};
}

std::unexpected<Error> refuse(ErrorCode code, std::string what, std::string_view hex) {
  return std::unexpected(Error{code, std::move(what), excerpt(hex, 160), {}});
}

}  // namespace

std::string_view algorithm_name(HashAlgorithm algorithm) { return info(algorithm).name; }

std::optional<HashAlgorithm> find_algorithm(std::string_view name) {
  for (auto algorithm : {HashAlgorithm::kSha256, HashAlgorithm::kBlake2b, HashAlgorithm::kBlake3})
    if (algorithm_name(algorithm) == name) return algorithm;
  return std::nullopt;
}

std::size_t digest_size(HashAlgorithm algorithm) { return info(algorithm).size; }

Digest::Digest(HashAlgorithm algorithm, ByteView bytes) : algorithm_(algorithm) {
  std::copy_n(bytes.begin(), std::min(bytes.size(), digest_size(algorithm)), bytes_.begin());
}

Result<Digest> Digest::from_hex(HashAlgorithm algorithm, std::string_view hex) {
  if (hex.size() != 2 * digest_size(algorithm))
    return refuse(ErrorCode::kDigestLength,
                  "a " + std::string(algorithm_name(algorithm)) + " digest has " +
                      std::to_string(2 * digest_size(algorithm)) + " digits, not " + std::to_string(hex.size()),
                  hex);
  auto bytes = weightmark::from_hex(hex);
  if (!bytes) return refuse(ErrorCode::kDigestNotHex, "not a hexadecimal digest", hex);
  if (std::ranges::any_of(hex, [](char c) { return c >= 'A' && c <= 'F'; }))
    return refuse(ErrorCode::kDigestUpperCase, "a digest is written in lower case", hex);
  return Digest(algorithm, *bytes);
}

std::string Digest::hex() const { return to_hex(bytes()); }

}  // namespace weightmark
