// Hashing the trees of small files, many at once on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/job_unit.h"
#include "weightmark/observer.h"

namespace weightmark {

// kSmallTree is up to how many bytes a file's tree is better hashed together with those
// of others: a file of one block leaves all lanes but one empty.
inline constexpr std::uint64_t kSmallTree = std::uint64_t{64} << 10U;

// run_small_trees computes the fs-verity digests of all units, whole files of at most
// kSmallTree bytes, up to `files` of them at once. They are read into `buffer`, which
// holds at least one.
void run_small_trees(UnitSource& units, std::size_t files, std::span<std::uint8_t> buffer, const WorkOptions& work);

}  // namespace weightmark
