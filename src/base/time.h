// Times in documents (RFC 3339).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace weightmark {

// Instant is a time to the nanosecond.
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

// parse_rfc3339 takes "2021-12-18T20:59:59.999Z": a date from 1970 to 2261, upper-case
// letters, up to nine digits of a second's fraction, "Z" or an offset such as "+01:00".
// Nothing for anything else.
std::optional<Instant> parse_rfc3339(std::string_view text);

// format_rfc3339 writes what parse_rfc3339 takes, in UTC, with as many digits of the
// second's fraction as are not zero.
std::string format_rfc3339(Instant time);

}  // namespace weightmark
