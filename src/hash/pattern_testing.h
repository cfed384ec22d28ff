// Data for tests, made rather than kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weightmark/bytes.h"

namespace weightmark {

// pattern_bytes returns `size` bytes of which byte i is (first + i) mod 251. As
// 251 is prime, no two blocks of a tree's first million bytes are equal.
Bytes pattern_bytes(std::size_t size, std::size_t first = 0);

// random_bytes returns the same bytes for the same seed.
Bytes random_bytes(std::size_t size, std::uint64_t seed);

}  // namespace weightmark
