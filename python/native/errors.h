// Errors of the library as Python's exceptions.
#pragma once

#include <nanobind/nanobind.h>

#include <utility>

#include "weightmark/error.h"

namespace weightmark::python {

// raise throws what weightmark.errors makes of an error. The GIL is held.
[[noreturn]] void raise(const Error& error);

// unwrap returns the value, or raises. The GIL is held.
template <class T>
T unwrap(Result<T> result) {
  if (!result) raise(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void bind_errors(nanobind::module_& module);

}  // namespace weightmark::python
