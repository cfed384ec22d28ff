// A trusted root, for people and for programs.
#pragma once

#include <string>

#include "cli/trust_flags.h"
#include "trust/trusted_root.h"

namespace weightmark::cli {

// describe_root lists each log and authority with its window, as it stands at `now`.
std::string describe_root(const TrustSource& source, const TrustedRoot::Impl& root, Time now);

// root_json is the document of `trust show --json`, schema weightmark.trust.v1.
std::string trust_json(const TrustSource& source, const TrustedRoot::Impl& root, Time now);

}  // namespace weightmark::cli
