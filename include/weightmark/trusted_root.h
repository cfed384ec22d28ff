// The trusted root: which logs and authorities of a Sigstore count, and when.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weightmark/certificate.h"
#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

// TrustedRootOrigin is how a trusted root was come by.
struct TrustedRootOrigin {
  std::string from;  // for people
  // Until when its repository vouched for it. Offline this may have passed; files of the
  // user's own have none.
  std::optional<Time> vouched_until;
};

// TrustedRoot is immutable; copies are cheap and share it.
class WEIGHTMARK_API TrustedRoot {
 public:
  // parse takes the JSON of sigstore_trustroot.proto, versions 0.1, in either spelling,
  // and 0.2. A log without the start of its window is refused: it would count for all
  // of the past.
  // Errors: trusted-root-*, certificate-malformed, json-*.
  static Result<TrustedRoot> parse(std::string_view json);

  // with_origin returns the same root, come by in that way: reports tell it, and policies
  // can cap its age.
  TrustedRoot with_origin(TrustedRootOrigin origin) const;
  const TrustedRootOrigin& origin() const { return origin_; }

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit TrustedRoot(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
  TrustedRootOrigin origin_;
};

}  // namespace weightmark
