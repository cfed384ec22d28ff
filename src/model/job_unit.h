// Handing out what is to be hashed.
#pragma once

#include <cstddef>
#include <optional>

#include "model/file_job.h"

namespace weightmark {

// JobUnit is what one lane or one thread hashes at a time.
struct JobUnit {
  FileJob* job;
  std::size_t unit;  // of the job
  std::size_t task;  // that the job is for
};

// UnitSource hands out units until there are no more, and is told which are done.
class UnitSource {
 public:
  virtual ~UnitSource() = default;
  virtual std::optional<JobUnit> next() = 0;
  virtual void done(const JobUnit& unit) = 0;
};

}  // namespace weightmark
