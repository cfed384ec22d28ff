// Bytes that Python lends.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <span>

namespace weightmark::python {

// Buffer holds an object's bytes, in one piece, while it lives. The GIL is held at both
// ends of its life.
class Buffer {
 public:
  // `flags` are PyBUF_SIMPLE or PyBUF_WRITABLE. Raises TypeError or BufferError.
  Buffer(nanobind::handle object, int flags) {
    if (PyObject_GetBuffer(object.ptr(), &view_, flags) != 0) throw nanobind::python_error();
  }
  ~Buffer() { PyBuffer_Release(&view_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  std::span<std::uint8_t> bytes() const {
    return {static_cast<std::uint8_t*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

}  // namespace weightmark::python
