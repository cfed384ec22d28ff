#include "cli/progress.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace weightmark::cli {
namespace {

// Work that is over sooner shows nothing, so that small models do not flicker.
constexpr std::chrono::milliseconds kFirstDraw(500);
constexpr std::chrono::milliseconds kInterval(100);

std::string time_left(double seconds) {
  auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace

Progress::Progress(const Ui& ui) : enabled_(ui.on_terminal() && !ui.quiet()) {}

void Progress::on_plan(std::uint64_t files, std::uint64_t bytes) {
  stop();
  files_ = files;
  total_ = bytes;
  done_ = 0;
  start_ = std::chrono::steady_clock::now();
  if (enabled_) drawer_ = std::jthread([this](const std::stop_token& token) { run(token); });
}

void Progress::on_read(std::string_view, std::uint64_t, std::uint64_t count) {
  done_.fetch_add(count, std::memory_order_relaxed);
}

void Progress::run(const std::stop_token& token) {
  bool drawn = false;
  auto wait = kFirstDraw;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, token, wait, [&] { return token.stop_requested(); })) {
    draw();
    drawn = true;
    wait = kInterval;
  }
  if (drawn) std::fputs("\r\033[K", stderr);
}

void Progress::draw() const {
  std::uint64_t done = done_.load(std::memory_order_relaxed);
  std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  double speed = static_cast<double>(done) / elapsed.count();
  double share = total_ > 0 ? static_cast<double>(done) / static_cast<double>(total_) : 1;
  std::string left = speed > 0 ? time_left(static_cast<double>(total_ - std::min(done, total_)) / speed) : "?";
  std::string line =
      fmt::format("\r\033[Khashing {}: {} of {}, {:.0f} %, {}/s, {} left", plural(files_, "file"), human_size(done),
                  human_size(total_), 100 * share, human_size(static_cast<std::uint64_t>(speed)), left);
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

void Progress::stop() {
  if (!drawer_.joinable()) return;
  drawer_.request_stop();
  drawer_.join();
}

}  // namespace weightmark::cli
