// The clock. The library itself reads none.
#pragma once

#include <chrono>

#include "weightmark/certificate.h"

namespace weightmark {

inline Time now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

}  // namespace weightmark
