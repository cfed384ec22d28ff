// Merkle tree proofs of transparency logs (RFC 6962, section 2; RFC 9162, section 2).
#pragma once

#include <cstdint>
#include <span>

#include "hash/sha256.h"
#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

using MerkleHash = Sha256Digest;

// merkle_leaf is the hash of an entry, merkle_node that of two subtrees (RFC 6962,
// section 2.1). Their prefixes keep one from passing for the other.
MerkleHash merkle_leaf(ByteView entry);
MerkleHash merkle_node(const MerkleHash& left, const MerkleHash& right);

// verify_inclusion checks that the leaf at `index` is in the tree of `size` leaves with
// this root (RFC 9162, section 2.1.3.2). The proof has as many hashes as that takes, no
// more and no less.
// Errors: log-proof-invalid.
Result<void> verify_inclusion(const MerkleHash& leaf, std::uint64_t index, std::uint64_t size,
                              std::span<const MerkleHash> proof, const MerkleHash& root);

}  // namespace weightmark
