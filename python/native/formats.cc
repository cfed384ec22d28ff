// Formats of weights.
#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <map>

#include "base/text.h"
#include "formats/safetensors.h"
#include "native/bindings.h"
#include "native/buffer.h"
#include "native/errors.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace weightmark::python {
namespace {

using Tensor = std::tuple<std::string, std::string, std::vector<std::uint64_t>, std::uint64_t, std::uint64_t>;
using Parsed = std::pair<std::vector<Tensor>, std::map<std::string, std::string>>;

Parsed parse(nb::handle text, std::uint64_t file_size) {
  const Buffer buffer(text, PyBUF_SIMPLE);
  SafetensorsHeader header = unwrap(parse_safetensors(as_text(buffer.bytes()), file_size));
  Parsed parsed;
  for (StoredTensor& tensor : header.tensors)
    parsed.first.emplace_back(std::move(tensor.name), std::move(tensor.dtype), std::move(tensor.shape), tensor.begin,
                              tensor.end);
  for (auto& [key, value] : header.metadata) parsed.second.emplace(std::move(key), std::move(value));
  return parsed;
}

}  // namespace

void bind_formats(nb::module_& module) {
  module.def(
      "safetensors_header_size",
      [](nb::handle prefix, std::uint64_t file_size) {
        const Buffer buffer(prefix, PyBUF_SIMPLE);
        return unwrap(safetensors_header_size(buffer.bytes(), file_size));
      },
      "prefix"_a, "file_size"_a, "The length of the header, in bytes, from the file's first eight.");
  module.def("parse_safetensors", parse, "header"_a, "file_size"_a,
             "The tensors (name, type, shape, first byte, end) in the order of their bytes, and the metadata.");
}

}  // namespace weightmark::python
