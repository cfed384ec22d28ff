// How LoadedFile and SealedCopy come about. They are declared in weightmark/loaded_file.h.
#pragma once

#include <string>

#include "base/file.h"
#include "read/mapping.h"
#include "weightmark/error.h"
#include "weightmark/loaded_file.h"

namespace weightmark {

class VerifyingReader;

struct LoadedFile::Impl {
  std::string name;
  Coverage coverage = Coverage::kWhole;
  Mapping memory;
};

struct SealedCopy::Impl {
  std::string name;
  Coverage coverage = Coverage::kWhole;
  std::uint64_t size = 0;
  Fd file;
};

// load reads all of a file, or maps what the kernel has sealed.
// Errors: those of VerifyingReader::read; out-of-memory.
Result<LoadedFile::Impl> load(VerifyingReader& reader);

// seal_copy reads all of a file into sealed memory, or takes what the kernel has sealed.
// Errors: those of VerifyingReader::read; out-of-memory, read-failed.
Result<SealedCopy::Impl> seal_copy(VerifyingReader& reader);

}  // namespace weightmark
