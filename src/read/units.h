// The units of a signed file: the ranges that its signature vouches for apart.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "weightmark/error.h"
#include "weightmark/manifest.h"

namespace weightmark {

// Unit is bytes begin to end, exclusive, of a file.
struct Unit {
  std::uint64_t index = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
};

// Units divides a signed file: by its tree into nodes of kNodeSize bytes, or into
// its shards, or not at all where there is only a digest of the whole file.
class Units {
 public:
  // `size` is the file's in bytes, which is entry.size() where the entry tells it.
  Units(FileEntry entry, std::uint64_t size);

  const FileEntry& entry() const { return entry_; }
  std::uint64_t size() const { return size_; }

  // count is 0 for an empty file whose entry says that it is empty.
  std::uint64_t count() const;

  // around returns the unit with the byte at `offset`, which is below size(), or 0
  // in an empty file.
  Unit around(std::uint64_t offset) const;

 private:
  FileEntry entry_;
  std::uint64_t size_;
};

// Groups are the digests of a unit's groups, in order: of each kGroupSize bytes from
// the unit's first byte on, the last of which may be fewer.
using Groups = std::vector<TreeNode>;

// UnitHasher compares one unit, given group by group in order, with what was signed.
class UnitHasher {
 public:
  // `units` must outlive it.
  UnitHasher(const Units& units, const Unit& unit);

  void update(ByteView group);

  // finish returns the digests of the groups if the unit is as signed.
  // Errors: file-mismatch.
  Result<Groups> finish();

 private:
  Result<Groups> finish_node();
  Result<Groups> finish_digest();

  const Units& units_;
  Unit unit_;
  NodeHasher node_;               // where the file has a tree
  std::optional<Hasher> hasher_;  // where it has not
  Groups groups_;                 // likewise
};

// check_groups does the same for a node of at least two groups, whose digests may have been
// computed in any order.
// Errors: file-mismatch.
Result<Groups> check_groups(const Units& units, const Unit& unit, Groups groups);

// verify_unit is UnitHasher for a unit that lies in memory whole.
Result<Groups> verify_unit(const Units& units, const Unit& unit, ByteView bytes);

// range_error returns an Error about bytes begin to end, exclusive, of a file.
Error range_error(ErrorCode code, std::string_view name, std::uint64_t begin, std::uint64_t end, std::string_view what,
                  std::string hint = {});

}  // namespace weightmark
