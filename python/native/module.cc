// The native module weightmark._weightmark.
#include "native/bindings.h"
#include "native/errors.h"

NB_MODULE(_weightmark, module) {
  // Frameworks keep tensors, and so our memory, to the very end of the process.
  nanobind::set_leak_warnings(false);
  module.doc() = "Weightmark's native part; import weightmark instead.";
  module.attr("version") = WEIGHTMARK_VERSION;
  weightmark::python::bind_errors(module);
  weightmark::python::bind_manifest(module);
  weightmark::python::bind_trust(module);
  weightmark::python::bind_verify(module);
  weightmark::python::bind_reader(module);
  weightmark::python::bind_sign(module);
  weightmark::python::bind_formats(module);
}
