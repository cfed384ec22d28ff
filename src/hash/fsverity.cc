#include "hash/fsverity.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "hash/sha256.h"

namespace weightmark {
namespace {

constexpr std::size_t kBlockSize = 4096;
constexpr std::size_t kLeavesPerNode = kNodeSize / kBlockSize;
constexpr int kNodeLevel = 2;

static_assert(std::is_same_v<TreeNode, Sha256Digest>);

// A batch is what one call of the kernel takes: as many blocks as the widest has
// lanes. Whole batches are hashed where they lie.
constexpr std::size_t kBatchBlocks = kSha256MostLanes;
constexpr std::size_t kBatchSize = kBatchBlocks * kBlockSize;

// append_block_digests hashes `blocks`, a multiple of kBlockSize, to `digests`, and appends them
// to `stream` where there is one.
void append_block_digests(ByteView blocks, std::vector<TreeNode>& digests, Sha256* stream = nullptr) {
  const std::size_t old_count = digests.size();
  const std::size_t count = blocks.size() / kBlockSize;
  digests.resize(old_count + count);
  for (std::size_t done = 0; done < count; done += kBatchBlocks) {
    std::array<const std::uint8_t*, kBatchBlocks> messages;
    const std::size_t batch = std::min(kBatchBlocks, count - done);
    for (std::size_t i = 0; i < batch; ++i) messages[i] = blocks.data() + (done + i) * kBlockSize;
    TreeNode* const out = digests.data() + old_count + done;
    if (stream != nullptr)
      stream->update_with_blocks(messages.data(), batch, out);
    else
      sha256_equal(messages.data(), batch, kBlockSize, out);
  }
}

// level_above returns the digests of the blocks that `level` fills, the last one
// padded with zeros. Takes `level` as scratch space.
std::vector<TreeNode> level_above(std::vector<TreeNode> level) {
  constexpr std::size_t kPerBlock = kBlockSize / sizeof(TreeNode);
  level.resize((level.size() + kPerBlock - 1) / kPerBlock * kPerBlock);
  std::vector<TreeNode> above;
  append_block_digests({level.data()->data(), level.size() * sizeof(TreeNode)}, above);
  return above;
}

// root_of climbs until one digest is left; that of nothing is zeros.
TreeNode root_of(std::vector<TreeNode> level) {
  while (level.size() > 1) level = level_above(std::move(level));
  return level.empty() ? TreeNode{} : level.front();
}

// node_of climbs from the leaves to the level of nodes.
TreeNode node_of(std::vector<TreeNode> leaves) {
  for (int level = 0; level < kNodeLevel && !leaves.empty(); ++level) leaves = level_above(std::move(leaves));
  return leaves.empty() ? TreeNode{} : leaves.front();
}

// leaves_of hashes a range where it lies, but for a last block that needs padding.
std::vector<TreeNode> leaves_of(ByteView range) {
  const std::size_t whole = range.size() / kBlockSize * kBlockSize;
  std::vector<TreeNode> leaves;
  leaves.reserve(std::min(range.size() / kBlockSize + 1, kLeavesPerNode));
  append_block_digests(range.first(whole), leaves);
  if (whole < range.size()) {
    std::array<std::uint8_t, kBlockSize> last{};
    std::ranges::copy(range.subspan(whole), last.begin());
    append_block_digests(last, leaves);
  }
  return leaves;
}

// Descriptor is struct fsverity_descriptor, little-endian.
using Descriptor = std::array<std::uint8_t, 256>;

Descriptor make_descriptor(std::uint64_t size, const TreeNode& root) {
  Descriptor descriptor{};
  descriptor[0] = 1;   // version
  descriptor[1] = 1;   // FS_VERITY_HASH_ALG_SHA256
  descriptor[2] = 12;  // log2 of the block size
  for (std::size_t i = 0; i < 8; ++i) descriptor[8 + i] = static_cast<std::uint8_t>(size >> (8 * i));
  std::ranges::copy(root, descriptor.begin() + 16);
  return descriptor;
}

// hash_messages hashes messages of one length, in as many lanes as there are.
std::vector<Sha256Digest> hash_messages(std::span<const std::uint8_t* const> messages, std::size_t length) {
  std::vector<Sha256Digest> digests(messages.size());
  for (std::size_t done = 0; done < messages.size(); done += kBatchBlocks)
    sha256_equal(messages.data() + done, std::min(kBatchBlocks, messages.size() - done), length, digests.data() + done);
  return digests;
}

}  // namespace

struct NodeHasher::State {
  Sha256* stream = nullptr;
  std::vector<TreeNode> leaves;
  Bytes held;  // less than a batch, until more comes

  // fill adds to an unfinished batch, hashes it when complete, and returns what it did not need.
  ByteView fill(ByteView bytes) {
    const ByteView taken = bytes.first(std::min(bytes.size(), kBatchSize - held.size()));
    held.insert(held.end(), taken.begin(), taken.end());
    if (held.size() == kBatchSize) hash_held();
    return bytes.subspan(taken.size());
  }

  // hash_held pads the last block with zeros, which are no part of the stream.
  void hash_held() {
    const std::size_t whole = held.size() / kBlockSize * kBlockSize;
    append_block_digests(ByteView(held).first(whole), leaves, stream);
    if (const ByteView rest = ByteView(held).subspan(whole); !rest.empty()) {
      if (stream != nullptr) stream->update(rest);
      held.resize(whole + kBlockSize);
      append_block_digests(ByteView(held).subspan(whole), leaves);
    }
    held.clear();
  }
};

NodeHasher::NodeHasher(Sha256* stream) : state_(std::make_unique<State>()) { state_->stream = stream; }
NodeHasher::~NodeHasher() = default;
NodeHasher::NodeHasher(NodeHasher&&) noexcept = default;
NodeHasher& NodeHasher::operator=(NodeHasher&&) noexcept = default;

void NodeHasher::update(ByteView bytes) {
  if (!state_->held.empty()) bytes = state_->fill(bytes);
  const std::size_t whole = bytes.size() / kBatchSize * kBatchSize;
  append_block_digests(bytes.first(whole), state_->leaves, state_->stream);
  state_->fill(bytes.subspan(whole));
}

TreeNode NodeHasher::finish(bool whole_file) {
  state_->hash_held();
  std::vector<TreeNode> leaves = std::exchange(state_->leaves, {});
  return whole_file ? root_of(std::move(leaves)) : node_of(std::move(leaves));
}

GroupedNode NodeHasher::finish_grouped(bool whole_file) {
  state_->hash_held();
  std::vector<TreeNode> leaves = std::exchange(state_->leaves, {});
  if (leaves.empty()) return {};
  // The root of a file of one block is its leaf, which lies below the groups.
  if (whole_file && leaves.size() == 1) return {leaves.front(), level_above(leaves)};
  std::vector<TreeNode> groups = level_above(std::move(leaves));
  const TreeNode node = whole_file ? root_of(groups) : level_above(groups).front();
  return {node, std::move(groups)};
}

TreeNode hash_group(ByteView group) { return level_above(leaves_of(group)).front(); }

// Whether the range is a whole file makes no difference here: its root is at this level.
TreeNode node_of_groups(std::span<const TreeNode> groups) {
  return level_above({groups.begin(), groups.end()}).front();
}

TreeNode hash_node(ByteView range, bool whole_file) {
  std::vector<TreeNode> leaves = leaves_of(range);
  return whole_file ? root_of(std::move(leaves)) : node_of(std::move(leaves));
}

std::uint64_t node_count(std::uint64_t size) {
  return size <= kNodeSize ? 0 : size / kNodeSize + (size % kNodeSize != 0);
}

Digest fsverity_digest(std::uint64_t size, std::span<const TreeNode> nodes) {
  Sha256 hash;
  hash.update(make_descriptor(size, root_of({nodes.begin(), nodes.end()})));
  return {HashAlgorithm::kSha256, hash.finish()};
}

std::vector<Digest> fsverity_digests(std::span<const ByteView> files) {
  std::vector<const std::uint8_t*> blocks;
  for (ByteView file : files)
    for (std::size_t at = 0; at < file.size(); at += kBlockSize) blocks.push_back(file.data() + at);
  const std::vector<TreeNode> leaves = hash_messages(blocks, kBlockSize);
  std::vector<Descriptor> descriptors;
  std::vector<const std::uint8_t*> messages;
  descriptors.reserve(files.size());
  auto first = leaves.begin();
  for (ByteView file : files) {
    const auto last = first + static_cast<std::ptrdiff_t>(padded_size(file.size()) / kBlockSize);
    descriptors.push_back(make_descriptor(file.size(), root_of({first, last})));
    messages.push_back(descriptors.back().data());
    first = last;
  }
  std::vector<Digest> digests;
  digests.reserve(files.size());
  for (const Sha256Digest& digest : hash_messages(messages, sizeof(Descriptor)))
    digests.emplace_back(HashAlgorithm::kSha256, digest);
  return digests;
}

void TreeHasher::update(ByteView bytes) {
  while (!bytes.empty()) {
    const std::uint64_t room = kNodeSize - size_ % kNodeSize;
    const ByteView piece = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size())));
    node_.update(piece);
    size_ += piece.size();
    bytes = bytes.subspan(piece.size());
    // A file of just kNodeSize bytes has its root at the level of nodes, so that
    // nothing has to wait for the file's end.
    if (size_ % kNodeSize == 0) nodes_.push_back(node_.finish(false));
  }
}

FileTree TreeHasher::finish() {
  const bool one_node = size_ <= kNodeSize;
  if (nodes_.empty() || size_ % kNodeSize != 0) nodes_.push_back(node_.finish(one_node));
  FileTree tree{size_, fsverity_digest(size_, nodes_), {}};
  if (!one_node) tree.nodes = std::move(nodes_);
  nodes_.clear();
  size_ = 0;
  return tree;
}

}  // namespace weightmark
