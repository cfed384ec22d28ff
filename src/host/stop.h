// Asking long work to stop.
#pragma once

#include <atomic>

namespace weightmark {

// Stop is a flag that somebody may set, such as a handler of signals; without one nobody
// asks.
class Stop {
 public:
  Stop() = default;
  explicit Stop(const std::atomic<bool>* flag) : flag_(flag) {}

  bool asked() const { return flag_ != nullptr && flag_->load(std::memory_order_relaxed); }
  const std::atomic<bool>* flag() const { return flag_; }

 private:
  const std::atomic<bool>* flag_ = nullptr;
};

}  // namespace weightmark
