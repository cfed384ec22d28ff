// Hexadecimal and base64 (RFC 4648), strict.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weightmark/bytes.h"

namespace weightmark {

// to_hex writes lower-case digits.
std::string to_hex(ByteView bytes);

// from_hex takes an even number of digits of either case, nothing else.
std::optional<Bytes> from_hex(std::string_view text);

// to_base64 writes the standard alphabet with padding (section 4).
std::string to_base64(ByteView bytes);

// from_base64 takes the standard alphabet with padding and nothing else: no
// white space, no URL alphabet, no missing padding, no non-zero spare bits
// (section 3.5), so that every value has one spelling.
std::optional<Bytes> from_base64(std::string_view text);

// to_base64url and from_base64url use the alphabet for URLs (section 5) without padding,
// as JSON Web Tokens do (RFC 7515, section 2).
std::string to_base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace weightmark
