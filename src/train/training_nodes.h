// One training over several nodes: what was seen on each, brought together in one
// statement. docs/training.md, "Several nodes"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attest/provenance.h"
#include "train/training_record.h"
#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::int64_t kMaxNodes = 4096;
inline constexpr std::uint64_t kMaxNodeRecord = std::uint64_t{64} << 20U;

// NodeRecord is what a node tells the one that signs.
struct NodeRecord {
  std::string run;  // of the rendezvous, so that nobody takes one of an earlier run
  std::int64_t node = 0;
  std::string failure;    // why there is no provenance; else empty
  Provenance provenance;  // of kTrainingBuildType, redacted on the node
};

std::string write_node_record(const NodeRecord& record);

// parse_node_record takes what write_node_record wrote.
// Errors: training-nodes.
Result<NodeRecord> parse_node_record(std::string_view text);

// merge_nodes makes one statement of that of node 0 and the others, which are sorted by node.
// The command, environment and progress are node 0's. What was opened is the union; of
// conditions that differ the weakest counts.
// Errors: training-nodes where the source, an input or the tool differs between nodes, or a
// record is no provenance of a training.
Result<TrainingStatement> merge_nodes(TrainingStatement first, const std::vector<NodeRecord>& others);

}  // namespace weightmark
