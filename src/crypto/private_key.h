// Private keys in this process's memory, for the rest of src/crypto.
#pragma once

#include <memory>

#include "crypto/openssl.h"
#include "weightmark/key.h"

namespace weightmark {

// software_key signs with a key, which is wiped when it is destroyed.
// Errors: key-unsupported.
Result<std::unique_ptr<SigningKey>> software_key(PkeyPtr pkey);

}  // namespace weightmark
