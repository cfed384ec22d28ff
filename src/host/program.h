// Programs that are asked for something.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "host/stop.h"
#include "sign/ambient_token.h"

namespace weightmark {

// ProgramOptions say what is not as usual.
struct ProgramOptions {
  std::optional<std::vector<std::string>> environment = {};  // NAME=VALUE; ours where absent
  std::size_t max_output = std::size_t{64} << 10U;           // bytes of each stream
  ErrorCode code = ErrorCode::kTokenSource;                  // of its errors
};

// run_program runs what the PATH has of that name, with these arguments and no shell, and
// takes what it writes, up to 64 KiB each unless more is asked for. It gets no input, and no descriptor of ours.
// Nothing where it is not there. It is killed when the time is over, it writes more, or
// `stop` becomes true.
// Errors: token-source, or options.code; interrupted.
Result<std::optional<ProgramAnswer>> run_program(const std::vector<std::string>& words, const Stop& stop = {},
                                                 std::chrono::milliseconds limit = std::chrono::minutes(1),
                                                 const ProgramOptions& options = {});

}  // namespace weightmark
