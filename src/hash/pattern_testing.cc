#include "hash/pattern_testing.h"

#include <random>

namespace weightmark {

Bytes pattern_bytes(std::size_t size, std::size_t first) {
  Bytes bytes(size);
  auto next = static_cast<std::uint8_t>(first % 251);
  for (std::uint8_t& byte : bytes) {
    byte = next;
    next = next == 250 ? 0 : static_cast<std::uint8_t>(next + 1);
  }
  return bytes;
}

Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

}  // namespace weightmark
