// Hashing several whole files or shards at once on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/job_unit.h"
#include "weightmark/observer.h"

namespace weightmark {

// most_lanes returns how many streams this CPU's kernels take side by side.
std::size_t most_lanes();

// run_lanes computes the SHA-256 digests, and trees where wanted, of all units, `lanes` of them side by
// side: the digest of one file is serial, but those of many fill the lanes of a
// register. The lanes share `buffer`.
void run_lanes(UnitSource& units, std::size_t lanes, std::span<std::uint8_t> buffer, const WorkOptions& work);

}  // namespace weightmark
