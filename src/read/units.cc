#include "read/units.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/compare.h"

namespace weightmark {

Error range_error(ErrorCode code, std::string_view name, std::uint64_t begin, std::uint64_t end, std::string_view what,
                  std::string hint) {
  return {code, fmt::format("bytes {} to {}: {}", begin, end, what), std::string(name), std::move(hint)};
}

namespace {

bool is_signed(const FileTree& tree, std::uint64_t index, const TreeNode& node) {
  // The signature has the root of a file of one node only within its digest.
  return tree.nodes.empty() ? fsverity_digest(tree.size, {&node, 1}) == tree.fsverity : tree.nodes[index] == node;
}

Result<Groups> check_node(const Units& units, const Unit& unit, GroupedNode hashed) {
  if (is_signed(*units.entry().tree, unit.index, hashed.node)) return std::move(hashed.groups);
  return std::unexpected(range_error(ErrorCode::kFileMismatch, units.entry().name, unit.begin, unit.end,
                                     "changed since they were signed: their tree is another", kMismatchHint));
}

}  // namespace

Units::Units(FileEntry entry, std::uint64_t size) : entry_(std::move(entry)), size_(size) {}

std::uint64_t Units::count() const {
  if (!entry_.tree && entry_.shards.empty()) return 1;
  if (!entry_.tree) return entry_.shards.size();
  return std::max<std::uint64_t>(node_count(size_), size_ > 0 ? 1 : 0);
}

Unit Units::around(std::uint64_t offset) const {
  if (!entry_.tree && entry_.shards.empty()) return {0, 0, size_};
  if (entry_.tree) {
    const std::uint64_t index = offset / kNodeSize;
    const std::uint64_t begin = index * kNodeSize;
    return {index, begin, begin + std::min(kNodeSize, size_ - begin)};
  }
  auto shard = std::ranges::upper_bound(entry_.shards, offset, {}, &Shard::end);
  return {static_cast<std::uint64_t>(shard - entry_.shards.begin()), shard->begin, shard->end};
}

UnitHasher::UnitHasher(const Units& units, const Unit& unit) : units_(units), unit_(unit) {
  const FileEntry& entry = units.entry();
  if (entry.tree) return;
  hasher_.emplace(entry.shards.empty() ? entry.digest->algorithm() : entry.shards[unit.index].digest.algorithm());
}

void UnitHasher::update(ByteView group) {
  if (!hasher_) return node_.update(group);
  hasher_->update(group);
  groups_.push_back(hash_group(group));
}

Result<Groups> UnitHasher::finish() { return hasher_ ? finish_digest() : finish_node(); }

Result<Groups> UnitHasher::finish_node() {
  return check_node(units_, unit_, node_.finish_grouped(units_.entry().tree->nodes.empty()));
}

Result<Groups> UnitHasher::finish_digest() {
  const FileEntry& entry = units_.entry();
  const Digest& wanted = entry.shards.empty() ? *entry.digest : entry.shards[unit_.index].digest;
  const Digest found = hasher_->finish();
  if (found == wanted) return std::move(groups_);
  return std::unexpected(range_error(ErrorCode::kFileMismatch, entry.name, unit_.begin, unit_.end,
                                     fmt::format("changed since they were signed: their {} digest is {}, signed was {}",
                                                 algorithm_name(found.algorithm()), found.hex(), wanted.hex()),
                                     kMismatchHint));
}

Result<Groups> check_groups(const Units& units, const Unit& unit, Groups groups) {
  const TreeNode node = node_of_groups(groups);
  return check_node(units, unit, {node, std::move(groups)});
}

Result<Groups> verify_unit(const Units& units, const Unit& unit, ByteView bytes) {
  UnitHasher hasher(units, unit);
  while (!bytes.empty()) {
    const ByteView group = bytes.first(std::min<std::size_t>(bytes.size(), kGroupSize));
    hasher.update(group);
    bytes = bytes.subspan(group.size());
  }
  return hasher.finish();
}

}  // namespace weightmark
