// Who signs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/key.h"
#include "weightmark/verified.h"

namespace weightmark {

struct Bundle;
struct SignedStatement;

// Signer turns a statement into a bundle that others can verify.
class WEIGHTMARK_API Signer {
 public:
  virtual ~Signer() = default;

  // check refuses, before anything is hashed, what could not sign afterwards.
  virtual Result<void> check(Time now) = 0;

  // sign signs an in-toto statement.
  virtual Result<Bundle> sign(std::string_view statement) = 0;

  // verify reads a bundle of this signer's as others would.
  virtual Result<Verified<SignedStatement>> verify(const Bundle& bundle, Time now) const = 0;
};

// key_signer signs with a key, which must live longer. With a chain, the signing
// certificate first, the bundle names that; else the key alone.
WEIGHTMARK_API std::unique_ptr<Signer> key_signer(SigningKey& key, std::vector<Certificate> chain = {});

}  // namespace weightmark
