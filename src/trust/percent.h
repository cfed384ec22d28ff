// Percent-encoding (RFC 3986, section 2.1).
#pragma once

#include <string>
#include <string_view>

namespace weightmark {

// percent_encode encodes all bytes but the unreserved ones, letters, digits and "-._~",
// and those in `also`. What it returns for any text is one component of a path: without
// a slash, but perhaps "." or "..".
std::string percent_encode(std::string_view text, std::string_view also = {});

}  // namespace weightmark
