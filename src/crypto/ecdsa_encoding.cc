#include "crypto/ecdsa_encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace weightmark {
namespace {

constexpr std::array<std::size_t, 3> kSizes = {64, 96, 132};
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kOneLengthByte = 0x81;
constexpr std::uint8_t kHighBit = 0x80;

// append_integer writes a number without needless zeros, but one before a set high bit.
void append_integer(ByteView number, Bytes& out) {
  while (number.size() > 1 && number.front() == 0) number = number.subspan(1);
  const bool pad = (number.front() & kHighBit) != 0;
  out.push_back(kInteger);
  out.push_back(static_cast<std::uint8_t>(number.size() + (pad ? 1 : 0)));
  if (pad) out.push_back(0);
  out.insert(out.end(), number.begin(), number.end());
}

}  // namespace

std::optional<Bytes> der_of_p1363(ByteView signature) {
  if (std::ranges::find(kSizes, signature.size()) == kSizes.end()) return std::nullopt;
  Bytes numbers;
  append_integer(signature.first(signature.size() / 2), numbers);
  append_integer(signature.subspan(signature.size() / 2), numbers);
  Bytes der = {kSequence};
  if (numbers.size() >= kHighBit) der.push_back(kOneLengthByte);
  der.push_back(static_cast<std::uint8_t>(numbers.size()));
  der.insert(der.end(), numbers.begin(), numbers.end());
  return der;
}

}  // namespace weightmark
