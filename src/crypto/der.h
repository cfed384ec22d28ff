// The few DER structures that OpenSSL has no function for (X.690).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "weightmark/bytes.h"

namespace weightmark {

inline constexpr std::uint8_t kDerInteger = 0x02;
inline constexpr std::uint8_t kDerBitString = 0x03;
inline constexpr std::uint8_t kDerOctetString = 0x04;
inline constexpr std::uint8_t kDerSequence = 0x30;

// der_value writes tag, length and the concatenated `parts`.
Bytes der_value(std::uint8_t tag, std::initializer_list<ByteView> parts);

// der_unsigned writes a big-endian unsigned number as an INTEGER.
Bytes der_unsigned(ByteView magnitude);

// der_contents returns the contents of the value `der`, which must be one whole
// value with that tag and of less than 128 KiB. The view borrows from `der`.
std::optional<ByteView> der_contents(std::uint8_t tag, ByteView der);

}  // namespace weightmark
