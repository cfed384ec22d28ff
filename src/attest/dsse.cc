#include "attest/dsse.h"

#include <fmt/format.h>

#include <algorithm>

namespace weightmark {
namespace {

Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }

// append_escaped renders one byte as Python's repr of a bytes object does.
void append_escaped(std::uint8_t byte, std::uint8_t quote, Bytes& out) {
  auto append = [&](std::string_view text) { out.insert(out.end(), text.begin(), text.end()); };
  if (byte == '\t') return append("\\t");
  if (byte == '\n') return append("\\n");
  if (byte == '\r') return append("\\r");
  if (byte < 0x20 || byte > 0x7E) return append(fmt::format("\\x{:02x}", byte));
  if (byte == '\\' || byte == quote) out.push_back('\\');
  out.push_back(byte);
}

void append_python_literal(ByteView bytes, Bytes& out) {
  bool has_single = std::ranges::find(bytes, '\'') != bytes.end();
  bool has_double = std::ranges::find(bytes, '"') != bytes.end();
  std::uint8_t quote = has_single && !has_double ? '"' : '\'';
  out.push_back('b');
  out.push_back(quote);
  for (std::uint8_t byte : bytes) append_escaped(byte, quote, out);
  out.push_back(quote);
}

}  // namespace

Bytes pae(std::string_view payload_type, ByteView payload) {
  Bytes out = to_bytes(fmt::format("DSSEv1 {} {} {} ", payload_type.size(), payload_type, payload.size()));
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Bytes pae_v02(std::string_view payload_type, ByteView payload) {
  Bytes out = to_bytes(fmt::format("DSSEV1 {} {} {} ", payload_type.size(), payload_type, payload.size()));
  append_python_literal(payload, out);
  return out;
}

}  // namespace weightmark
