#include "crypto/sha2.h"

#include "crypto/openssl.h"

namespace weightmark {

Bytes sha2(Sha2 algorithm, ByteView message) {
  return hash(algorithm == Sha2::k256 ? EVP_sha256() : EVP_sha512(), message);
}

}  // namespace weightmark
