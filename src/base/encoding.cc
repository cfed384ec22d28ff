#include "base/encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace weightmark {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// What is no digit has this value, which no digits give together.
constexpr std::uint8_t kNoDigit = 0x80;

// values_of returns the value of each character as one of `digits`.
constexpr std::array<std::uint8_t, 256> values_of(std::string_view digits) {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < digits.size(); ++i)
    values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  return values;
}

constexpr auto kHexValues = [] {
  auto values = values_of(kHexDigits);
  for (char c = 'A'; c <= 'F'; ++c) values[static_cast<unsigned char>(c)] = static_cast<std::uint8_t>(c - 'A' + 10);
  return values;
}();

constexpr auto kBase64Values = values_of(kBase64Digits);

std::uint8_t hex_value(char c) { return kHexValues[static_cast<unsigned char>(c)]; }
std::uint8_t base64_value(char c) { return kBase64Values[static_cast<unsigned char>(c)]; }

// decode_quads decodes four digits to three bytes each and returns all their values
// together, for the caller to look for kNoDigit.
std::uint8_t decode_quads(std::string_view text, std::uint8_t* out) {
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i + 4 <= text.size(); i += 4) {
    const std::uint8_t a = base64_value(text[i]);
    const std::uint8_t b = base64_value(text[i + 1]);
    const std::uint8_t c = base64_value(text[i + 2]);
    const std::uint8_t d = base64_value(text[i + 3]);
    seen = static_cast<std::uint8_t>(seen | a | b | c | d);
    *out++ = static_cast<std::uint8_t>(a << 2 | b >> 4);
    *out++ = static_cast<std::uint8_t>(b << 4 | c >> 2);
    *out++ = static_cast<std::uint8_t>(c << 6 | d);
  }
  return seen;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  std::string text(2 * bytes.size(), '\0');
  char* out = text.data();
  for (std::uint8_t byte : bytes) {
    *out++ = kHexDigits[byte >> 4];
    *out++ = kHexDigits[byte & 15];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes(text.size() / 2);
  std::uint8_t seen = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t high = hex_value(text[2 * i]);
    const std::uint8_t low = hex_value(text[2 * i + 1]);
    seen = static_cast<std::uint8_t>(seen | high | low);
    bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if ((seen & kNoDigit) != 0) return std::nullopt;
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data();
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t value = std::uint32_t{bytes[i]} << 16U;
    if (count > 1) value |= std::uint32_t{bytes[i + 1]} << 8U;
    if (count > 2) value |= bytes[i + 2];
    for (std::size_t j = 0; j <= count; ++j) out[j] = kBase64Digits[value >> (18 - 6 * j) & 63U];
    out += 4;
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  Bytes bytes(text.size() / 4 * 3);
  // The last four are completed by digits of value 0.
  const std::size_t plain = padding > 0 ? text.size() - 4 : text.size();
  std::uint8_t seen = decode_quads(text.substr(0, plain), bytes.data());
  if (padding > 0) {
    std::string last(text.substr(plain, 4 - padding));
    last.resize(4, 'A');
    seen |= decode_quads(last, bytes.data() + bytes.size() - 3);
    // The spare bits, which the bytes left out hold.
    const auto spare = std::span(bytes).last(padding);
    if (std::ranges::any_of(spare, [](std::uint8_t byte) { return byte != 0; })) return std::nullopt;
    bytes.erase(bytes.end() - static_cast<std::ptrdiff_t>(padding), bytes.end());
  }
  if ((seen & kNoDigit) != 0) return std::nullopt;
  return bytes;
}

std::string to_base64url(ByteView bytes) {
  std::string text = to_base64(bytes);
  text.erase(std::min(text.find('='), text.size()));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return from_base64(standard);
}

}  // namespace weightmark
