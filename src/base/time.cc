#include "base/time.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace weightmark {
namespace {

// Reader takes fields off the front of a text. What does not fit makes it fail for good.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool failed() const { return failed_; }
  bool done() const { return text_.empty(); }
  bool next_is(char c) const { return text_.starts_with(c); }

  void expect(char c) {
    failed_ = failed_ || !next_is(c);
    if (!failed_) text_.remove_prefix(1);
  }

  int number(std::size_t digits) {
    failed_ = failed_ || text_.size() < digits ||
              text_.substr(0, digits).find_first_not_of("0123456789") != std::string_view::npos;
    if (failed_) return 0;
    int value = 0;
    for (char c : text_.substr(0, digits)) value = value * 10 + (c - '0');
    text_.remove_prefix(digits);
    return value;
  }

  // fraction reads up to nine digits as nanoseconds.
  std::chrono::nanoseconds fraction() {
    const std::size_t digits = std::min(text_.find_first_not_of("0123456789"), text_.size());
    failed_ = failed_ || digits == 0 || digits > 9;
    std::int64_t value = failed_ ? 0 : number(digits);
    for (std::size_t i = digits; i < 9 && !failed_; ++i) value *= 10;
    return std::chrono::nanoseconds(value);
  }

  void fail_unless(bool condition) { failed_ = failed_ || !condition; }

 private:
  std::string_view text_;
  bool failed_ = false;
};

std::chrono::sys_days read_date(Reader& reader) {
  const int year = reader.number(4);
  reader.expect('-');
  const int month = reader.number(2);
  reader.expect('-');
  const int day = reader.number(2);
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  // Beyond these, nanoseconds since 1970 do not fit into 64 bits.
  reader.fail_unless(date.ok() && year >= 1970 && year <= 2261);
  return reader.failed() ? std::chrono::sys_days() : std::chrono::sys_days(date);
}

std::chrono::minutes read_clock(Reader& reader) {
  const int hours = reader.number(2);
  reader.expect(':');
  const int minutes = reader.number(2);
  reader.fail_unless(hours < 24 && minutes < 60);
  return std::chrono::hours(hours) + std::chrono::minutes(minutes);
}

std::chrono::minutes read_offset(Reader& reader) {
  if (reader.next_is('Z')) {
    reader.expect('Z');
    return {};
  }
  const bool behind = reader.next_is('-');
  reader.expect(behind ? '-' : '+');
  const std::chrono::minutes offset = read_clock(reader);
  return behind ? -offset : offset;
}

}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) {
  Reader reader(text);
  const auto date = read_date(reader);
  reader.expect('T');
  const auto clock = read_clock(reader);
  reader.expect(':');
  const int seconds = reader.number(2);
  reader.fail_unless(seconds < 60);  // leap seconds have no place in Unix time
  std::chrono::nanoseconds fraction{};
  if (reader.next_is('.')) {
    reader.expect('.');
    fraction = reader.fraction();
  }
  const auto offset = read_offset(reader);
  if (reader.failed() || !reader.done()) return std::nullopt;
  return Instant(date) + clock + std::chrono::seconds(seconds) + fraction - offset;
}

std::string format_rfc3339(Instant time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = fmt::format("{:%FT%T}", second);
  if (time != second) {
    text += fmt::format(".{:09}", (time - second).count());
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

}  // namespace weightmark
