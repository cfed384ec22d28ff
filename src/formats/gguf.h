// The header of a GGUF file, read strictly.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/content.h"

namespace weightmark {

struct GgufHeader {
  std::vector<std::string> keys;  // of the metadata, in the order of the file
  std::uint64_t tensors = 0;
  // The first rule that it breaks, for people; "" where it breaks none.
  std::string fault;
};

// read_gguf reads all of the header: versions 2 and 3, little-endian. Tensors must lie in
// the file, aligned, without sharing bytes, with as many as type and shape say.
// Errors: the content's own.
Result<GgufHeader> read_gguf(const Content& content);

}  // namespace weightmark
