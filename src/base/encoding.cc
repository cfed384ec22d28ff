#include "base/encoding.h"

#include <array>

namespace weightmark {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr auto kBase64Values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase64Digits.size(); ++i)
    values[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<std::int8_t>(i);
  return values;
}();

// decode_quad decodes four digits, the last `padding` of them '='. Returns -1
// on a foreign character or spare bits that are not zero.
std::int32_t decode_quad(std::string_view quad, int padding) {
  std::int32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const bool is_digit = i < 4 - static_cast<std::size_t>(padding);
    const std::int32_t digit = is_digit ? std::int32_t{kBase64Values[static_cast<unsigned char>(quad[i])]} : 0;
    if (digit < 0) return -1;
    value = value << 6 | digit;
  }
  const std::int32_t spare = (1 << (8 * padding)) - 1;
  return (value & spare) == 0 ? value : -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (std::uint8_t byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int high = hex_value(text[i]);
    int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t value = 0;
    for (std::size_t j = 0; j < 3; ++j) value = value << 8 | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? kBase64Digits[value >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::string_view quad = text.substr(i, 4);
    bool last = i + 4 == text.size();
    int padding = !last || quad[3] != '=' ? 0 : quad[2] != '=' ? 1 : 2;
    std::int32_t value = decode_quad(quad, padding);
    if (value < 0) return std::nullopt;
    for (int j = 0; j < 3 - padding; ++j) bytes.push_back(static_cast<std::uint8_t>(value >> (16 - 8 * j) & 255));
  }
  return bytes;
}

}  // namespace weightmark
