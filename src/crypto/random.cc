#include "crypto/random.h"

#include <openssl/rand.h>

#include "base/refuse.h"
#include "crypto/openssl.h"

namespace weightmark {

Result<Bytes> random_bytes(std::size_t count) {
  Bytes bytes(count);
  if (RAND_bytes(bytes.data(), static_cast<int>(count)) == 1) return bytes;
  return refuse(ErrorCode::kInternal, "no random numbers: " + take_openssl_errors());
}

}  // namespace weightmark
