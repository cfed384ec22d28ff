// What an ONNX model has beside numbers: files that it names, and operators that
// libraries bring.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
#pragma once

#include <set>
#include <string>

#include "formats/content.h"

namespace weightmark {

struct OnnxParts {
  std::set<std::string> locations;  // of tensors that lie in other files, as they are spelled
  std::set<std::string> domains;    // of operators and functions, other than ONNX's own
  std::string fault;                // why it was not read to its end; "" where it was
};

// read_onnx walks the graph and all graphs within, and skips what tensors hold.
// Errors: the content's own.
Result<OnnxParts> read_onnx(const Content& content);

}  // namespace weightmark
