#include "tlog/merkle.h"

#include <fmt/format.h>

#include <optional>

#include "base/refuse.h"

namespace weightmark {
namespace {

MerkleHash hash_prefixed(std::uint8_t prefix, ByteView first, ByteView second) {
  Sha256 hash;
  hash.update({&prefix, 1});
  hash.update(first);
  hash.update(second);
  return hash.finish();
}

// climb computes the root that a proof leads to; nothing where it has too few or too
// many hashes. `node` and `last` are the positions of the leaf's subtree and of the
// last one at a level (fn and sn in RFC 9162).
std::optional<MerkleHash> climb(MerkleHash hash, std::uint64_t node, std::uint64_t last,
                                std::span<const MerkleHash> proof) {
  for (const MerkleHash& sibling : proof) {
    if (last == 0) return std::nullopt;
    if (node % 2 == 1 || node == last) {
      hash = merkle_node(sibling, hash);
      // A last subtree without a sibling rises as it is.
      for (; node % 2 == 0 && node != 0; node /= 2) last /= 2;
    } else {
      hash = merkle_node(hash, sibling);
    }
    node /= 2;
    last /= 2;
  }
  if (last != 0) return std::nullopt;
  return hash;
}

}  // namespace

MerkleHash merkle_leaf(ByteView entry) { return hash_prefixed(0, entry, {}); }

MerkleHash merkle_node(const MerkleHash& left, const MerkleHash& right) { return hash_prefixed(1, left, right); }

Result<void> verify_inclusion(const MerkleHash& leaf, std::uint64_t index, std::uint64_t size,
                              std::span<const MerkleHash> proof, const MerkleHash& root) {
  if (index >= size)
    return refuse(ErrorCode::kLogProofInvalid, fmt::format("the entry's index {} is beyond a log of {}", index, size));
  const std::optional<MerkleHash> found = climb(leaf, index, size - 1, proof);
  if (!found)
    return refuse(ErrorCode::kLogProofInvalid,
                  fmt::format("{} hashes do not prove entry {} of {}", proof.size(), index, size));
  if (*found == root) return {};
  return refuse(ErrorCode::kLogProofInvalid, "the inclusion proof leads to another root than the log's", {},
                "the entry is not in the log");
}

}  // namespace weightmark
