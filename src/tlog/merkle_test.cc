#include "tlog/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "base/encoding.h"

namespace weightmark {
namespace {

using Leaves = std::vector<MerkleHash>;

Leaves leaves(std::size_t count) {
  Leaves list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(merkle_leaf(as_bytes(std::to_string(i))));
  return list;
}

// The definitions of RFC 6962, sections 2.1 and 2.1.1, word for word: slow and plain.
MerkleHash root_of(std::span<const MerkleHash> list) {
  if (list.size() == 1) return list.front();
  const std::size_t split = std::bit_floor(list.size() - 1);
  return merkle_node(root_of(list.first(split)), root_of(list.subspan(split)));
}

Leaves path_of(std::size_t index, std::span<const MerkleHash> list) {
  if (list.size() == 1) return {};
  const std::size_t split = std::bit_floor(list.size() - 1);
  const bool left = index < split;
  Leaves path = left ? path_of(index, list.first(split)) : path_of(index - split, list.subspan(split));
  path.push_back(left ? root_of(list.subspan(split)) : root_of(list.first(split)));
  return path;
}

std::string code(const Result<void>& result) { return result ? "ok" : std::string(code_name(result.error().code)); }

TEST(VerifyInclusion, TakesEveryLeafOfEveryTree) {
  for (std::size_t size = 1; size <= 70; ++size) {
    const Leaves list = leaves(size);
    const MerkleHash root = root_of(list);
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_EQ(code(verify_inclusion(list[i], i, size, path_of(i, list), root)), "ok") << i << " of " << size;
  }
}

TEST(VerifyInclusion, RefusesWhatIsWrongInOnePlace) {
  for (std::size_t size : {1U, 2U, 3U, 7U, 8U, 11U, 64U, 65U}) {
    const Leaves list = leaves(size);
    const MerkleHash root = root_of(list);
    for (std::size_t i = 0; i < size; ++i) {
      const Leaves path = path_of(i, list);
      MerkleHash other = list[i];
      other[0] ^= 1;
      EXPECT_EQ(code(verify_inclusion(other, i, size, path, root)), "log-proof-invalid");
      EXPECT_EQ(code(verify_inclusion(list[i], i, size, path, other)), "log-proof-invalid");
      for (std::size_t j = 0; j < path.size(); ++j) {
        Leaves changed = path;
        changed[j][31] ^= 0x80;
        EXPECT_EQ(code(verify_inclusion(list[i], i, size, changed, root)), "log-proof-invalid");
      }
      Leaves longer = path;
      longer.push_back(root);
      EXPECT_EQ(code(verify_inclusion(list[i], i, size, longer, root)), "log-proof-invalid");
      if (path.empty()) continue;
      const std::span shorter = std::span(path).first(path.size() - 1);
      EXPECT_EQ(code(verify_inclusion(list[i], i, size, shorter, root)), "log-proof-invalid");
      for (std::size_t k = 0; k < size; ++k)
        EXPECT_EQ(code(verify_inclusion(list[i], k, size, path, root)), k == i ? "ok" : "log-proof-invalid");
    }
  }
}

TEST(VerifyInclusion, RefusesIndicesBeyondTheTree) {
  const Leaves list = leaves(1);
  EXPECT_EQ(code(verify_inclusion(list[0], 0, 1, {}, list[0])), "ok");
  EXPECT_EQ(code(verify_inclusion(list[0], 1, 1, {}, list[0])), "log-proof-invalid");
  EXPECT_EQ(code(verify_inclusion(list[0], 0, 0, {}, list[0])), "log-proof-invalid");
  EXPECT_EQ(code(verify_inclusion(list[0], UINT64_MAX, UINT64_MAX, {}, list[0])), "log-proof-invalid");
  EXPECT_EQ(code(verify_inclusion(list[0], UINT64_MAX - 1, UINT64_MAX, Leaves(64), list[0])), "log-proof-invalid");
}

// RFC 6962's own: the hash of an empty leaf, and of a node of two.
TEST(MerkleHash, IsThatOfTheSpecification) {
  EXPECT_EQ(to_hex(merkle_leaf({})), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(to_hex(merkle_leaf(Bytes{0})), "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
  EXPECT_EQ(to_hex(merkle_node(merkle_leaf({}), merkle_leaf(Bytes{0}))),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
}

}  // namespace
}  // namespace weightmark
