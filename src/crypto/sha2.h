// SHA-2 of bytes in memory (FIPS 180-4), for what is not a model's file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weightmark/bytes.h"

namespace weightmark {

enum class Sha2 : std::uint8_t { k256, k384, k512 };

Bytes sha2(Sha2 algorithm, ByteView message);

// find_sha2 takes the names of transparency logs: "sha256", or in newer formats
// "SHA2_256", and so on.
std::optional<Sha2> find_sha2(std::string_view name);

}  // namespace weightmark
