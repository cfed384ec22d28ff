// Reading a policy and the files that it names.
#pragma once

#include <string>

#include "weightmark/policy.h"

namespace weightmark {

// read_policy reads a policy. What it names is relative to the folder that it lies in.
// Errors name the file: those of reading, and of Policy::parse.
Result<Policy> read_policy(const std::string& path);

}  // namespace weightmark
