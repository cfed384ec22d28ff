// Files of builders, with what they name.
#pragma once

#include <string>

#include "weightmark/error.h"
#include "weightmark/provenance.h"

namespace weightmark {

// read_builders reads a file of builders; paths in it are relative to its folder.
// Errors: those of Builders::parse and of reading files.
Result<Builders> read_builders(const std::string& path);

}  // namespace weightmark
