// A model's digest as people write it.
#pragma once

#include <string>
#include <string_view>

#include "weightmark/error.h"

namespace weightmark {

// parse_expected_digest takes sha256:HEX, weightmarkManifestV1:HEX or HEX alone, and
// returns the digits. `what` names the value in the error. Errors: digest-syntax.
Result<std::string> parse_expected_digest(const std::string& text, std::string_view what);

}  // namespace weightmark
