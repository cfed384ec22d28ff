// --timeout: a limit on how long a command may take.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string_view>

namespace weightmark::cli {

// parse_duration reads what the Go client takes: "90s", "1h30m", "1.5h", "500ms".
// A number alone is seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// duration refuses other text.
CLI::Validator duration();

// limit_time interrupts the command when the time is over. What has not stopped by
// itself ten seconds later is ended by the system.
void limit_time(std::chrono::milliseconds limit);

}  // namespace weightmark::cli
