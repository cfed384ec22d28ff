// Protocol buffers for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weightmark {

inline std::string proto_varint(std::uint64_t value) {
  std::string out;
  for (; value > 0x7f; value >>= 7U) out += static_cast<char>((value & 0x7fU) | 0x80U);
  return out + static_cast<char>(value);
}

inline std::string proto_field(std::uint64_t number, std::string_view bytes) {
  return proto_varint(number << 3U | 2U) + proto_varint(bytes.size()) + std::string(bytes);
}

inline std::string proto_number(std::uint64_t number, std::uint64_t value) {
  return proto_varint(number << 3U) + proto_varint(value);
}

// onnx_external is a tensor of an ONNX model whose bytes lie in another file.
inline std::string onnx_external(std::string_view location) {
  return proto_field(8, "weights") + proto_field(13, proto_field(1, "location") + proto_field(2, location)) +
         proto_field(13, proto_field(1, "offset") + proto_field(2, "0")) + proto_number(14, 1);
}

}  // namespace weightmark
