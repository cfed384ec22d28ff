#include "attest/dsse.h"

#include <fmt/format.h>

#include <algorithm>

namespace weightmark {
namespace {

Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }

// python_escape renders one byte as Python's repr of a bytes object does.
std::string python_escape(std::uint8_t byte, char quote) {
  if (byte == '\\' || byte == static_cast<std::uint8_t>(quote)) return fmt::format("\\{}", static_cast<char>(byte));
  if (byte == '\t') return "\\t";
  if (byte == '\n') return "\\n";
  if (byte == '\r') return "\\r";
  if (byte < 0x20 || byte > 0x7E) return fmt::format("\\x{:02x}", byte);
  return std::string(1, static_cast<char>(byte));
}

std::string python_bytes_literal(ByteView bytes) {
  bool has_single = std::ranges::find(bytes, '\'') != bytes.end();
  bool has_double = std::ranges::find(bytes, '"') != bytes.end();
  char quote = has_single && !has_double ? '"' : '\'';
  std::string text = fmt::format("b{}", quote);
  for (std::uint8_t byte : bytes) text += python_escape(byte, quote);
  return text + quote;
}

}  // namespace

Bytes pae(std::string_view payload_type, ByteView payload) {
  Bytes out = to_bytes(fmt::format("DSSEv1 {} {} {} ", payload_type.size(), payload_type, payload.size()));
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Bytes pae_v02(std::string_view payload_type, ByteView payload) {
  return to_bytes(fmt::format("DSSEV1 {} {} {} {}", payload_type.size(), payload_type, payload.size(),
                              python_bytes_literal(payload)));
}

}  // namespace weightmark
