// Random numbers that nobody can guess.
#pragma once

#include <cstddef>

#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// Errors: internal.
Result<Bytes> random_bytes(std::size_t count);

}  // namespace weightmark
