// Times in TUF metadata.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weightmark/certificate.h"

namespace weightmark::tuf {

// parse_time takes "2026-11-20T13:58:18Z" and no other form of ISO 8601 (specification,
// section 4.2.1, EXPIRES); the date must exist.
std::optional<Time> parse_time(std::string_view text);

// format_time writes the same.
std::string format_time(Time time);

}  // namespace weightmark::tuf
