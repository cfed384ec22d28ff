// An entry of a transparency log, as a bundle carries it.
// https://github.com/sigstore/protobuf-specs, sigstore_rekor.proto
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tlog/merkle.h"
#include "weightmark/bytes.h"

namespace weightmark {

// InclusionProof says that an entry is in a log. Only the checkpoint is signed: size
// and root are what it says, whatever else stands beside it.
struct InclusionProof {
  std::uint64_t index = 0;      // in the tree, which may be one shard of the log
  std::uint64_t tree_size = 0;  // as the entry tells it
  MerkleHash root{};            // as the entry tells it
  std::vector<MerkleHash> hashes;
  std::string checkpoint;  // a signed note; empty where there is none
};

struct LogEntry {
  std::uint64_t index = 0;  // in the whole log
  Bytes log_id;
  std::string kind;  // "hashedrekord", "dsse", "intoto"
  std::string version;
  std::int64_t integrated_time = 0;  // seconds since 1970; 0 in Rekor v2, which keeps no time
  Bytes promise;                     // the signed entry timestamp; empty where there is none
  std::optional<InclusionProof> proof;
  Bytes body;  // what the log hashed

  friend bool operator==(const LogEntry& a, const LogEntry& b) {
    return a.log_id == b.log_id && a.index == b.index && a.body == b.body;
  }
};

}  // namespace weightmark
