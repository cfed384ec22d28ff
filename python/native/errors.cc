#include "native/errors.h"

#include <nanobind/stl/string.h>

#include <string>

namespace nb = nanobind;

namespace weightmark::python {
namespace {

// text replaces what is not UTF-8: names come from untrusted files, and an error about one
// must not become another error.
nb::object text(const std::string& bytes) {
  return nb::steal(PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace"));
}

}  // namespace

void raise(const Error& error) {
  const std::string_view code = code_name(error.code);
  nb::object exception =
      nb::module_::import_("weightmark.errors")
          .attr("make")(nb::str(code.data(), code.size()), text(error.what), text(error.subject), text(error.hint));
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  throw nb::python_error();
}

// error_codes lists (code, class, meaning), from which weightmark.errors makes its classes.
void bind_errors(nb::module_& module) {
  module.def(
      "error_codes",
      [] {
        nb::list codes;
        for (const ErrorCode code : all_codes()) {
          const std::string name(code_name(code));
          const std::string meaning(code_meaning(code));
          codes.append(nb::make_tuple(name, static_cast<int>(code_class(code)), meaning));
        }
        return codes;
      },
      nb::sig("def error_codes() -> list[tuple[str, int, str]]"),
      "Every error code, its class as the command's exit status, and what it means.");
}

}  // namespace weightmark::python
