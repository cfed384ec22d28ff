// Recording checks as they are made.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/refuse.h"
#include "weightmark/report.h"

namespace weightmark {

inline void record_passed(std::vector<Check>& checks, std::string id, std::string detail) {
  checks.push_back({std::move(id), Outcome::kPassed, std::move(detail), std::nullopt});
}

// record appends the failed check where `result` is an error.
template <class T>
Result<T> record(Result<T> result, std::string id, std::vector<Check>& checks) {
  if (!result) checks.push_back({std::move(id), Outcome::kFailed, describe(result.error()), result.error()});
  return result;
}

}  // namespace weightmark
