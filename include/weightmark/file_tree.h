// What a signature says about a file's fs-verity Merkle tree.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "weightmark/digest.h"

namespace weightmark {

// kNodeSize is the number of file bytes under one node: 128 * 128 * 4096.
inline constexpr std::uint64_t kNodeSize = 67108864;

using TreeNode = std::array<std::uint8_t, 32>;

// FileTree is the summary of a file's tree that a signature carries.
struct FileTree {
  std::uint64_t size = 0;       // of the file, in bytes
  Digest fsverity;              // SHA-256 of the fs-verity descriptor
  std::vector<TreeNode> nodes;  // one a 64 MiB range in order; empty for a file of at most kNodeSize bytes

  friend bool operator==(const FileTree&, const FileTree&) = default;
};

}  // namespace weightmark
