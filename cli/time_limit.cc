#include "cli/time_limit.h"

#include <sys/time.h>

#include <array>
#include <charconv>

namespace weightmark::cli {
namespace {

struct Unit {
  std::string_view name;
  double milliseconds;
};

// Longer names first, since "m" begins "ms".
constexpr std::array<Unit, 4> kUnits = {{{"ms", 1}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}}};
constexpr double kLongest = 1e12;  // 30 years
constexpr int kGrace = 10;         // seconds

// take_unit removes a unit from the front of `text`; nothing left is seconds.
std::optional<double> take_unit(std::string_view& text) {
  if (text.empty()) return 1000;
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.milliseconds;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double sum = 0;
  while (!text.empty()) {
    double count = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count, std::chars_format::fixed);
    if (error != std::errc() || !(count >= 0)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    auto unit = take_unit(text);
    if (!unit) return std::nullopt;
    sum += count * *unit;
  }
  if (!(sum >= 1 && sum <= kLongest)) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(sum));
}

CLI::Validator duration() {
  auto check = [](std::string& text) {
    return parse_duration(text) ? std::string() : text + " is not a time such as 90s or 1h30m";
  };
  return {check, ""};
}

void limit_time(std::chrono::milliseconds limit) {
  itimerval timer{};
  timer.it_value.tv_sec = limit.count() / 1000;
  timer.it_value.tv_usec = limit.count() % 1000 * 1000;
  timer.it_interval.tv_sec = kGrace;
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace weightmark::cli
