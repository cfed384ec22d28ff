// Whom a Python caller trusts.
#pragma once

#include <memory>
#include <optional>

#include "weightmark/verify.h"

namespace weightmark::python {

// Trusted is what a caller gave as `policy`, once its files are read. It goes into
// VerifyOptions.
struct Trusted {
  Trust trust = {};
  std::optional<Policy> policy = {};
  std::optional<TrustedRoot> trusted_root = {};
};

}  // namespace weightmark::python
