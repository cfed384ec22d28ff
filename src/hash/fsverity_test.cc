#include "hash/fsverity.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "base/encoding.h"
#include "base/file.h"
#include "base/json_document.h"
#include "hash/hasher.h"
#include "hash/pattern_testing.h"

namespace weightmark {
namespace {

constexpr std::size_t kSizes[] = {0,
                                  1,
                                  4095,
                                  4096,
                                  4097,
                                  8192,
                                  65535,
                                  65537,
                                  128 * 4096 - 1,
                                  128 * 4096,
                                  128 * 4096 + 1,
                                  kNodeSize - 1,
                                  kNodeSize,
                                  kNodeSize + 1,
                                  2 * kNodeSize,
                                  2 * kNodeSize + 5000};

FileTree tree_of(ByteView file, std::size_t piece) {
  TreeHasher hasher;
  for (std::size_t done = 0; done < file.size(); done += piece)
    hasher.update(file.subspan(done, std::min(piece, file.size() - done)));
  return hasher.finish();
}

// The definition, block by block and level by level, in the plainest way.
std::vector<Bytes> plain_level_above(ByteView below) {
  std::vector<Bytes> digests;
  for (std::size_t done = 0; done < below.size(); done += 4096) {
    const ByteView part = below.subspan(done, std::min<std::size_t>(4096, below.size() - done));
    Bytes block(part.begin(), part.end());
    block.resize(4096);
    const Digest digest = hash_bytes(HashAlgorithm::kSha256, block);
    digests.emplace_back(digest.bytes().begin(), digest.bytes().end());
  }
  return digests;
}

Bytes plain_root(ByteView file) {
  if (file.empty()) return Bytes(32);
  std::vector<Bytes> level = plain_level_above(file);
  while (level.size() > 1) {
    Bytes joined;
    for (const Bytes& digest : level) joined.insert(joined.end(), digest.begin(), digest.end());
    level = plain_level_above(joined);
  }
  return level.front();
}

TEST(NodeCount, CountsRangesOfLargeFilesOnly) {
  EXPECT_EQ(node_count(0), 0U);
  EXPECT_EQ(node_count(kNodeSize), 0U);
  EXPECT_EQ(node_count(kNodeSize + 1), 2U);
  EXPECT_EQ(node_count(2 * kNodeSize), 2U);
  EXPECT_EQ(node_count(2 * kNodeSize + 1), 3U);
  EXPECT_EQ(node_count(UINT64_MAX), UINT64_MAX / kNodeSize + 1);
}

TEST(NodeHasher, WholeFileIsTheRoot) {
  for (std::size_t size :
       {0UL, 1UL, 4095UL, 4096UL, 4097UL, 8192UL, 65536UL, 65537UL, 524287UL, 524288UL, 524289UL, 3000000UL}) {
    const Bytes file = pattern_bytes(size);
    const TreeNode node = hash_node(file, true);
    EXPECT_EQ(Bytes(node.begin(), node.end()), plain_root(file)) << size;
  }
}

TEST(NodeHasher, OddPiecesEqualTheWhole) {
  const Bytes range = random_bytes(2000003, 1);
  for (bool whole_file : {false, true}) {
    const TreeNode expected = hash_node(range, whole_file);
    for (std::size_t most : {9UL, 5000UL, 70000UL, 300000UL, range.size()}) {
      std::mt19937_64 random(most);
      NodeHasher hasher;
      for (ByteView left = range; !left.empty();) {
        const ByteView piece = left.first(std::min<std::size_t>(random() % most + 1, left.size()));
        hasher.update(piece);
        left = left.subspan(piece.size());
      }
      EXPECT_EQ(hasher.finish(whole_file), expected) << "pieces of at most " << most;
    }
  }
}

TEST(NodeHasher, FinishStartsAnew) {
  const Bytes range = pattern_bytes(10000);
  NodeHasher hasher;
  hasher.update(pattern_bytes(300001));
  hasher.finish(true);
  EXPECT_EQ(hasher.finish(true), TreeNode{});
  hasher.update(range);
  EXPECT_EQ(hasher.finish(false), hash_node(range, false));
}

TEST(NodeHasher, GroupsAreTheLevelBelowTheNode) {
  for (std::size_t size : {1UL, 4096UL, 4097UL, kGroupSize - 1, kGroupSize, kGroupSize + 1, 3 * kGroupSize}) {
    const Bytes range = pattern_bytes(size);
    for (bool whole_file : {false, true}) {
      NodeHasher hasher;
      hasher.update(range);
      const GroupedNode grouped = hasher.finish_grouped(whole_file);
      EXPECT_EQ(grouped.node, hash_node(range, whole_file)) << size;
      ASSERT_EQ(grouped.groups.size(), (size + kGroupSize - 1) / kGroupSize);
      for (std::size_t i = 0; i < grouped.groups.size(); ++i) {
        const ByteView rest = ByteView(range).subspan(i * kGroupSize);
        EXPECT_EQ(grouped.groups[i], hash_group(rest.first(std::min<std::size_t>(kGroupSize, rest.size())))) << size;
      }
    }
  }
}

TEST(NodeHasher, NothingHasNoGroups) {
  for (bool whole_file : {false, true}) {
    const GroupedNode grouped = NodeHasher().finish_grouped(whole_file);
    EXPECT_EQ(grouped.node, hash_node({}, whole_file));
    EXPECT_TRUE(grouped.groups.empty());
  }
}

TEST(NodeHasher, AGroupIsABlockOfTheDigestsOfItsLeaves) {
  const Bytes group = random_bytes(kGroupSize - 5000, 1);
  Bytes level;
  for (const Bytes& digest : plain_level_above(group)) level.insert(level.end(), digest.begin(), digest.end());
  const TreeNode found = hash_group(group);
  EXPECT_EQ(Bytes(found.begin(), found.end()), plain_level_above(level).front());
}

TEST(NodeHasher, ShortRangeOfALargeFileStillHasANodeOfLevelTwo) {
  // One leaf; its digest alone in a block; that block's alone in another.
  const Bytes range(1, 7);
  Bytes level = plain_root(range);
  for (int i = 0; i < 2; ++i) {
    level.resize(4096);
    const Digest digest = hash_bytes(HashAlgorithm::kSha256, level);
    level.assign(digest.bytes().begin(), digest.bytes().end());
  }
  const TreeNode node = hash_node(range, false);
  EXPECT_EQ(Bytes(node.begin(), node.end()), level);
  EXPECT_NE(hash_node(range, false), hash_node(range, true));
}

TEST(TreeHasher, PiecesAndNodesAgree) {
  const Bytes file = pattern_bytes(2 * kNodeSize + 5000);
  const FileTree whole = tree_of(file, file.size());
  ASSERT_EQ(whole.nodes.size(), 3U);
  EXPECT_EQ(tree_of(file, 1000003), whole);
  EXPECT_EQ(whole.nodes[1], hash_node(ByteView(file).subspan(kNodeSize, kNodeSize), false));
  EXPECT_EQ(whole.nodes[2], hash_node(ByteView(file).subspan(2 * kNodeSize), false));
  EXPECT_EQ(fsverity_digest(whole.size, whole.nodes), whole.fsverity);
}

TEST(TreeHasher, FinishStartsAnew) {
  TreeHasher hasher;
  hasher.update(pattern_bytes(kNodeSize + 1));
  hasher.finish();
  EXPECT_EQ(hasher.finish(), tree_of({}, 1));
  hasher.update(as_bytes("abc"));
  EXPECT_EQ(hasher.finish(), tree_of(as_bytes("abc"), 1));
}

// The peer: Debian's package fsverity.
std::string run_fsverity_tool(const std::filesystem::path& file) {
  const std::string command =
      "fsverity digest --compact --block-size=4096 --hash-alg=sha256 " + file.string() + " 2>/dev/null";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) return {};
  char line[128] = {};
  const bool read = std::fgets(line, sizeof(line), pipe) != nullptr;
  ::pclose(pipe);
  return read ? std::string(line).substr(0, 64) : std::string();
}

class TemporaryFile {
 public:
  TemporaryFile()
      : path_(std::filesystem::temp_directory_path() / ("weightmark-fsverity-" + std::to_string(::getpid()))) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& write(ByteView bytes) const {
    std::ofstream(path_, std::ios::binary) << as_text(bytes);
    return path_;
  }

 private:
  std::filesystem::path path_;
};

TEST(FsverityDigests, EqualThoseOfOneFileAtATime) {
  // Every number of blocks at the edges of lanes and levels, in one call and in several.
  const std::size_t sizes[] = {0, 1, 4095, 4096, 4097, 8192, 65536, 65537, 127 * 4096 + 1, 128 * 4096};
  std::vector<Bytes> contents;
  std::vector<ByteView> files;
  std::vector<Digest> expected;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size : sizes) {
      Bytes bytes = pattern_bytes(size, size + static_cast<std::size_t>(round));
      expected.push_back(tree_of(bytes, 1 << 20).fsverity);
      bytes.resize(padded_size(size));
      contents.push_back(std::move(bytes));
      files.push_back(ByteView(contents.back()).first(size));
    }
  }
  EXPECT_EQ(fsverity_digests(files), expected);
  for (std::size_t i = 0; i < files.size(); ++i) EXPECT_EQ(fsverity_digests({&files[i], 1}).front(), expected[i]);
  EXPECT_TRUE(fsverity_digests({}).empty());
}

TEST(TreeHasher, EqualsTheFsverityTool) {
  const TemporaryFile file;
  if (run_fsverity_tool(file.write({})).empty()) GTEST_SKIP() << "the command fsverity is not installed";
  for (std::size_t size : kSizes) {
    const Bytes bytes = pattern_bytes(size, size);
    EXPECT_EQ(tree_of(bytes, 1 << 20).fsverity.hex(), run_fsverity_tool(file.write(bytes))) << size << " bytes";
  }
}

#ifdef WEIGHTMARK_FSVERITY_VECTORS
void check_vector(const JsonView& vector) {
  const auto size = static_cast<std::size_t>(*vector.member("size")->integer());
  const FileTree tree = tree_of(pattern_bytes(size), 1 << 20);
  EXPECT_EQ(tree.fsverity.hex(), *vector.member("fsverity")->string()) << size;
  const auto listed = *vector.member("nodes_64MiB")->array();
  // The vectors also list the root of a file that is too small to carry nodes.
  const std::vector<TreeNode> nodes =
      size > 0 && size <= kNodeSize ? std::vector{hash_node(pattern_bytes(size), true)} : tree.nodes;
  ASSERT_EQ(nodes.size(), listed.size()) << size;
  auto at = listed.begin();
  for (std::size_t i = 0; i < nodes.size(); ++i, ++at) EXPECT_EQ(to_hex(nodes[i]), *(*at).string()) << size;
}

TEST(TreeHasher, EqualsTheSharedVectors) {
  const auto text = read_file(WEIGHTMARK_FSVERITY_VECTORS, 1 << 20);
  if (!text) GTEST_SKIP() << describe(text.error());
  const auto document = JsonDocument::parse(*text);
  ASSERT_TRUE(document);
  const auto vectors = *document->root(ErrorCode::kInternal).member("vectors")->array();
  EXPECT_GT(vectors.size(), 10U);
  for (const JsonView& vector : vectors) check_vector(vector);
}
#endif

}  // namespace
}  // namespace weightmark
