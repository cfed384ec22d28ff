// Long work without the interpreter, that Ctrl-C still ends.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace weightmark::python {

// Cancel is what the library looks at while it works. Files that are still open look at
// their model's, so it is shared.
using Cancel = std::shared_ptr<std::atomic<bool>>;

// wait_for lets Python's signal handlers run until `done`; when one raises, the work is
// cancelled, and once it has ended the exception goes on. The GIL is held.
void wait_for(const std::future<void>& done, const Cancel& cancel);

// run does `work` in another thread: in this one nobody would look at signals. The GIL is
// held on entry and on return, not by the work.
template <class Work>
auto run(const Cancel& cancel, Work work) {
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto result = task.get_future();
  std::promise<void> ended;
  const std::future<void> done = ended.get_future();
  std::jthread worker([&] {
    task();
    ended.set_value();
  });
  wait_for(done, cancel);
  return result.get();
}

}  // namespace weightmark::python
