// The parts of the native module. Each binds one subject; weightmark/*.py makes of them
// what people import.
#pragma once

#include <nanobind/nanobind.h>

namespace weightmark::python {

void bind_manifest(nanobind::module_& module);
void bind_trust(nanobind::module_& module);
void bind_verify(nanobind::module_& module);
void bind_reader(nanobind::module_& module);
void bind_sign(nanobind::module_& module);
void bind_formats(nanobind::module_& module);

}  // namespace weightmark::python
