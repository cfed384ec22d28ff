// The Linux fs-verity Merkle tree of a file: SHA-256, 4096-byte blocks, no salt
// (the kernel's Documentation/filesystems/fsverity.rst), and its 64 MiB nodes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/digest.h"
#include "weightmark/file_tree.h"

namespace weightmark {

class Sha256;

// node_count returns ceil(size / kNodeSize) for files over kNodeSize, else 0.
std::uint64_t node_count(std::uint64_t size);

// fsverity_digest computes a file's fs-verity digest from its size and its
// nodes; for a file of at most kNodeSize bytes `nodes` is that file's root alone.
Digest fsverity_digest(std::uint64_t size, std::span<const TreeNode> nodes);

// padded_size rounds up to whole blocks.
constexpr std::size_t padded_size(std::size_t size) { return (size + 4095) / 4096 * 4096; }

// fsverity_digests computes the digests of several whole files in memory, their blocks
// side by side in the lanes. Behind each lie zeros up to its padded_size. For files of
// up to 128 blocks; larger ones are a programming error.
std::vector<Digest> fsverity_digests(std::span<const ByteView> files);

// kGroupSize is the number of file bytes under one group: a block of the digests of
// 128 leaves. Who keeps the digests of a verified node's groups, 4 KiB of them, can
// check any of them again without the rest of the node.
inline constexpr std::uint64_t kGroupSize = std::uint64_t{128} * 4096;

// group_count returns ceil(size / kGroupSize).
constexpr std::uint64_t group_count(std::uint64_t size) { return size / kGroupSize + (size % kGroupSize != 0); }

// hash_group computes the level-1 digest of one group in memory. Only the last one
// of a file may have less than kGroupSize bytes; none is empty. Threads may call it
// at once.
TreeNode hash_group(ByteView group);

// GroupedNode is a node and the digests of its groups, in order.
struct GroupedNode {
  TreeNode node;
  std::vector<TreeNode> groups;
};

// NodeHasher computes one node: the tree over one range of at most kNodeSize
// bytes, given piece by piece in order.
class NodeHasher {
 public:
  // What is hashed is appended to `stream` as well, where there is one, which must outlive
  // this; it has all of it once finish returns.
  explicit NodeHasher(Sha256* stream = nullptr);
  ~NodeHasher();
  NodeHasher(NodeHasher&&) noexcept;
  NodeHasher& operator=(NodeHasher&&) noexcept;

  // Pieces may have any length; multiples of 4096 bytes are fastest. More than
  // kNodeSize bytes in all is a programming error.
  void update(ByteView bytes);

  // finish returns the node and leaves the hasher as if new. `whole_file` says
  // that the range is a whole file, whose node is its root (32 zero bytes when it
  // is empty); otherwise the node is the level-2 digest.
  TreeNode finish(bool whole_file);

  // finish_grouped is finish that also returns what hash_group gives for each group.
  GroupedNode finish_grouped(bool whole_file);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// node_of_groups computes a node of at least two groups from their digests, in order.
TreeNode node_of_groups(std::span<const TreeNode> groups);

// hash_node computes the node of a range that lies in memory whole, without
// copying it; `whole_file` as in NodeHasher::finish. Threads may call it at once.
TreeNode hash_node(ByteView range, bool whole_file);

// TreeHasher computes the FileTree of a whole file given in order.
class TreeHasher {
 public:
  // `stream` as in NodeHasher.
  explicit TreeHasher(Sha256* stream = nullptr) : node_(stream) {}

  void update(ByteView bytes);

  // finish returns the tree and leaves the hasher as if new.
  FileTree finish();

 private:
  NodeHasher node_;
  std::uint64_t size_ = 0;
  std::vector<TreeNode> nodes_;
};

}  // namespace weightmark
