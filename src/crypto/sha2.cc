#include "crypto/sha2.h"

#include <array>

#include "crypto/openssl.h"

namespace weightmark {
namespace {

const EVP_MD* evp(Sha2 algorithm) {
  switch (algorithm) {
    case Sha2::k256: return EVP_sha256();
    case Sha2::k384: return EVP_sha384();
    case Sha2::k512: return EVP_sha512();
  }
  return EVP_sha256();
}

struct Name {
  std::string_view text;
  Sha2 algorithm;
};

constexpr std::array<Name, 6> kNames = {{{"sha256", Sha2::k256},
                                         {"sha384", Sha2::k384},
                                         {"sha512", Sha2::k512},
                                         {"SHA2_256", Sha2::k256},
                                         {"SHA2_384", Sha2::k384},
                                         {"SHA2_512", Sha2::k512}}};

}  // namespace

Bytes sha2(Sha2 algorithm, ByteView message) { return hash(evp(algorithm), message); }

std::optional<Sha2> find_sha2(std::string_view name) {
  for (const Name& known : kNames)
    if (known.text == name) return known.algorithm;
  return std::nullopt;
}

}  // namespace weightmark
