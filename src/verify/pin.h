// Comparing a model with what was pinned of it (FORMAT, section 5).
#pragma once

#include <string>

#include "weightmark/lock.h"
#include "weightmark/report.h"

namespace weightmark {

// check_pin compares signed name, signers and attested time of a report whose signature
// holds; the pinned version itself is never too old. It returns what the check found.
// Errors: lock-name, lock-signer, lock-older.
Result<std::string> check_pin(const Pin& pin, bool allow_older, const Report& report);

}  // namespace weightmark
