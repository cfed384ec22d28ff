// SHA-2 of bytes in memory (FIPS 180-4), for what is not a model's file.
#pragma once

#include <cstdint>

#include "weightmark/bytes.h"

namespace weightmark {

enum class Sha2 : std::uint8_t { k256, k512 };

Bytes sha2(Sha2 algorithm, ByteView message);

}  // namespace weightmark
