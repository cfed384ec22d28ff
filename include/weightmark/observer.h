// Watching and stopping long work.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace weightmark {

// Observer is told how hashing goes on. It is called from several threads at
// once and must not throw.
class Observer {
 public:
  virtual ~Observer() = default;

  // on_plan is called once, before any file is read.
  virtual void on_plan(std::uint64_t files, std::uint64_t bytes) {
    (void)files;
    (void)bytes;
  }

  // on_read is called after `count` bytes of a file were read at `offset`.
  virtual void on_read(std::string_view name, std::uint64_t offset, std::uint64_t count) {
    (void)name;
    (void)offset;
    (void)count;
  }

  // on_done is called when nothing more will be read.
  virtual void on_done() {}
};

// WorkOptions say how hashing is done, not what.
struct WorkOptions {
  unsigned threads = 0;                          // 0: one for each processor
  Observer* observer = nullptr;                  // may be null
  const std::atomic<bool>* cancelled = nullptr;  // when it becomes true, the work ends with `interrupted`

  bool is_cancelled() const { return cancelled != nullptr && cancelled->load(std::memory_order_relaxed); }
};

}  // namespace weightmark
