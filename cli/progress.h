// Progress with speed and time left, on a terminal only.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/ui.h"
#include "weightmark/observer.h"

namespace weightmark::cli {

// Progress draws one line that it overwrites and finally removes.
class Progress : public Observer {
 public:
  explicit Progress(const Ui& ui);
  ~Progress() override { stop(); }

  void on_plan(std::uint64_t files, std::uint64_t bytes) override;
  void on_read(std::string_view name, std::uint64_t offset, std::uint64_t count) override;
  void on_done() override { stop(); }

 private:
  void run(const std::stop_token& stop);
  void draw() const;
  void stop();

  bool enabled_;
  std::uint64_t files_ = 0;
  std::uint64_t total_ = 0;
  std::atomic<std::uint64_t> done_{0};
  std::chrono::steady_clock::time_point start_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread drawer_;
};

}  // namespace weightmark::cli
