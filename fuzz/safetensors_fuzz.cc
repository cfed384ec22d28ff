// parse_safetensors: whatever a header says, tensors that are taken lie in the file, one
// after the other, and have the bytes that they should have.
#include <cstdlib>

#include "base/text.h"
#include "formats/safetensors.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const weightmark::ByteView file(data, size);
  const auto header_size = weightmark::safetensors_header_size(file, size);
  if (!header_size) return 0;
  const auto text = weightmark::as_text(file.subspan(weightmark::kSafetensorsPrefix, *header_size));
  const auto header = weightmark::parse_safetensors(text, size);
  if (!header) {
    require(weightmark::is_utf8(header.error().what));
    return 0;
  }
  std::uint64_t next = header->data_begin;
  for (const weightmark::StoredTensor& tensor : header->tensors) {
    require(tensor.begin == next && tensor.end >= tensor.begin && tensor.end <= size);
    require(weightmark::dtype_bits(tensor.dtype) > 0);
    next = tensor.end;
  }
  require(next == size);
  return 0;
}
