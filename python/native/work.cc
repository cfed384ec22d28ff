#include "native/work.h"

#include <chrono>

namespace nb = nanobind;

namespace weightmark::python {

void wait_for(const std::future<void>& done, const Cancel& cancel) {
  constexpr std::chrono::milliseconds kBetweenLooks{50};
  while (true) {
    {
      const nb::gil_scoped_release release;
      if (done.wait_for(kBetweenLooks) == std::future_status::ready) return;
    }
    if (PyErr_CheckSignals() == 0) continue;
    nb::python_error raised;
    cancel->store(true);
    {
      const nb::gil_scoped_release release;
      done.wait();
    }
    cancel->store(false);  // what is left open may be used again
    throw std::move(raised);
  }
}

}  // namespace weightmark::python
