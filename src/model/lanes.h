// Hashing several whole files or shards at once on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

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

// most_lanes returns how many streams this CPU's kernels take side by side.
std::size_t most_lanes();

// run_lanes computes the SHA-256 digests, and trees where wanted, of all units, `lanes` of them side by
// side: the digest of one file is serial, but those of many fill the lanes of a
// register. The lanes share `buffer`.
void run_lanes(UnitSource& units, std::size_t lanes, std::span<std::uint8_t> buffer, const WorkOptions& work);

}  // namespace weightmark
