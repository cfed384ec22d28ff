// The header of a safetensors file: which tensors it has, and where.
// https://github.com/safetensors/safetensors, README, "Format"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// StoredTensor is one tensor of the file.
struct StoredTensor {
  std::string name;
  std::string dtype;                 // "F32", "BF16", … (dtype_bits)
  std::vector<std::uint64_t> shape;  // none for a scalar
  std::uint64_t begin = 0;           // bytes from the beginning of the file
  std::uint64_t end = 0;

  friend bool operator==(const StoredTensor&, const StoredTensor&) = default;
};

struct SafetensorsHeader {
  std::vector<StoredTensor> tensors;                          // in the order of their bytes
  std::vector<std::pair<std::string, std::string>> metadata;  // in the order of the header
  std::uint64_t data_begin = 0;                               // bytes from the beginning of the file

  friend bool operator==(const SafetensorsHeader&, const SafetensorsHeader&) = default;
};

// dtype_bits returns how many bits an element has; 0 for a type that this does not know.
unsigned dtype_bits(std::string_view dtype);

// kSafetensorsPrefix is the number of bytes that tell the header's length.
inline constexpr std::uint64_t kSafetensorsPrefix = 8;

// safetensors_header_size reads the header's length, in bytes, out of the file's first
// kSafetensorsPrefix bytes: at most 100 MB, and not past the end.
// Errors: safetensors-size.
Result<std::uint64_t> safetensors_header_size(ByteView prefix, std::uint64_t file_size);

// parse_safetensors reads a header of that length. The tensors' bytes must follow one
// another from the header to the end of the file, without a hole and without sharing,
// and be as many as type and shape say: what the file holds beside them, a loader would
// never see, and another reader might.
// Errors: safetensors-malformed, safetensors-dtype, safetensors-shape,
// safetensors-offsets, json-*.
Result<SafetensorsHeader> parse_safetensors(std::string_view header, std::uint64_t file_size);

}  // namespace weightmark
