// The trusted root: which logs and authorities of a Sigstore count, and when.
#pragma once

#include <memory>
#include <string_view>

#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

// TrustedRoot is immutable; copies are cheap and share it.
class WEIGHTMARK_API TrustedRoot {
 public:
  // parse takes the JSON of sigstore_trustroot.proto, versions 0.1, in either spelling,
  // and 0.2. A log without the start of its window is refused: it would count for all
  // of the past.
  // Errors: trusted-root-*, certificate-malformed, json-*.
  static Result<TrustedRoot> parse(std::string_view json);

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TrustedRoot(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace weightmark
