#include "train/file_tree_root.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tlog/merkle.h"

namespace weightmark {
namespace {

const std::string kA(64, 'a');
const std::string kB(64, 'b');

MerkleHash leaf(const std::string& line) { return merkle_leaf(as_bytes(line)); }

TEST(FileTreeRoot, IsTheLeafOfOneFile) {
  EXPECT_EQ(merkle_root({{"f", kA}}), (MerkleRoot{to_hex(leaf(kA + "  f")), 1}));
  EXPECT_FALSE(merkle_root({}));
}

// RFC 6962, section 2.1: of three, the first two are one subtree.
TEST(FileTreeRoot, SplitsAtTheLargestPowerOfTwo) {
  const MerkleHash two = merkle_node(leaf(kA + "  a"), leaf(kB + "  b"));
  EXPECT_EQ(merkle_root({{"c", kA}, {"b", kB}, {"a", kA}})->root, to_hex(merkle_node(two, leaf(kA + "  c"))));
  const MerkleHash four = merkle_node(two, merkle_node(leaf(kA + "  c"), leaf(kA + "  d")));
  const MerkleHash three = merkle_node(merkle_node(leaf(kB + "  e"), leaf(kB + "  f")), leaf(kA + "  g"));
  EXPECT_EQ(merkle_root({{"a", kA}, {"b", kB}, {"c", kA}, {"d", kA}, {"e", kB}, {"f", kB}, {"g", kA}})->root,
            to_hex(merkle_node(four, three)));
}

TEST(FileTreeRoot, BindsNames) { EXPECT_NE(merkle_root({{"a", kA}, {"b", kB}}), merkle_root({{"a", kA}, {"c", kB}})); }

}  // namespace
}  // namespace weightmark
