// Policies: who may publish which models, and what else is demanded of them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

// PolicyFiles returns the text of a file that a policy names: a key, certificates or a
// trusted root. The library itself reads none.
using PolicyFiles = std::function<Result<std::string>(const std::string& path)>;

// Policy is immutable; copies are cheap and share it.
class WEIGHTMARK_API Policy {
 public:
  // parse takes the YAML or the JSON of docs/policy.md.
  // Errors: policy-too-large, policy-syntax, policy-malformed, pattern-syntax, those of
  // what the named files hold, and whatever `files` returns.
  static Result<Policy> parse(std::string_view text, const PolicyFiles& files);

  // needs_trusted_root says whether it has signers of Sigstore without a trusted root of
  // their own, so that the caller has to bring one.
  bool needs_trusted_root() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit Policy(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace weightmark
