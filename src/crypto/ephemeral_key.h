// A key for a single signature: made, certified, used and forgotten.
#pragma once

#include <memory>
#include <string>

#include "weightmark/key.h"

namespace weightmark {

// EphemeralKey is a fresh P-256 key, the kind that all of Sigstore's services take. It is
// nowhere but in this process's memory, and wiped when destroyed.
class EphemeralKey : public SigningKey {
 public:
  // Errors: internal, where the system has no random numbers.
  static Result<std::unique_ptr<EphemeralKey>> generate();

  // certificate_request is a PKCS#10 request (RFC 2986), PEM. Its subject is empty: the
  // authority takes the identity from a token, and nothing from here.
  virtual Result<std::string> certificate_request() const = 0;
};

}  // namespace weightmark
