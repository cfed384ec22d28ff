// Reading ranges of one opened file, each byte verified before it is handed out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "model/kernel_verity.h"
#include "model/model_root.h"
#include "read/unit_ledger.h"
#include "read/units.h"
#include "weightmark/observer.h"
#include "weightmark/report.h"

namespace weightmark {

// HeldGroup is a verified group in memory, the last of which a read wanted a part, so
// that many small reads in a row hash it once. Threads may use it at once.
class HeldGroup {
 public:
  // find returns the group that begins at that byte of the file, or null.
  std::shared_ptr<const Bytes> find(std::uint64_t begin) const {
    const std::lock_guard lock(mutex_);
    return begin == begin_ ? bytes_ : nullptr;
  }

  void set(std::uint64_t begin, std::shared_ptr<const Bytes> bytes) {
    const std::lock_guard lock(mutex_);
    begin_ = begin;
    bytes_ = std::move(bytes);
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t begin_ = 0;
  std::shared_ptr<const Bytes> bytes_;
};

// VerifyingReader reads one file. The first read that touches a unit reads and hashes all
// of it and keeps the digests of its groups; later reads check just the groups that
// they touch, since a file that was right once can be written to. Only a private copy
// needs no check. Where the kernel vouches for the file, nothing is hashed.
class VerifyingReader {
 public:
  // create looks at the file's size only, and the first read of a file whose signature
  // does not tell its size has to be of all of it.
  // Errors: file-mismatch, shard-past-end.
  static Result<std::unique_ptr<VerifyingReader>> create(OpenFile file, FileEntry entry, const KernelMeasurement& seal,
                                                         const WorkOptions& work);

  // open is for reads of any range.
  // `seal` is measured through that very handle. What `work` points to must outlive
  // the reader. A file whose signature does not tell its size is verified whole here,
  // as not even the size can be believed before.
  // Errors: those of create(); for such a file those of read().
  static Result<std::unique_ptr<VerifyingReader>> open(OpenFile file, FileEntry entry, const KernelMeasurement& seal,
                                                       const WorkOptions& work);

  // read is VerifiedFile::read (weightmark/reader.h).
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> out);

  // Sink takes bytes from an offset of the file on, from several threads at once.
  using Sink = std::function<Result<void>(std::uint64_t offset, ByteView bytes)>;

  // copy_to reads and verifies all of the file. What it hands to `sink` is verified only
  // when it returns, so after an error none of it may be used.
  // Errors: those of read; of `sink`.
  Result<void> copy_to(const Sink& sink);

  const std::string& name() const { return units_.entry().name; }
  std::uint64_t size() const { return units_.size(); }
  int descriptor() const { return file_.fd.get(); }
  Coverage coverage() const { return coverage_; }

 private:
  // Wanted is where bytes from `offset` go.
  struct Wanted {
    std::uint64_t offset;
    std::span<std::uint8_t> out;

    std::uint64_t end() const { return offset + out.size(); }
    Wanted within(std::uint64_t begin, std::uint64_t end) const;
    void take(const Unit& group, ByteView bytes) const;
  };

  // UnitWork is done with each unit, by so many threads.
  using UnitWork = std::function<Result<void>(const Unit& unit, std::size_t threads)>;
  // GroupWork is done with each group that was read, in the order of the groups.
  using GroupWork = std::function<Result<void>(const Unit& group, ByteView bytes)>;

  VerifyingReader(OpenFile file, FileEntry entry, Coverage coverage, const WorkOptions& work);

  Result<void> check_range(std::uint64_t offset, std::uint64_t count) const;
  Result<void> check_same_size() const;
  Result<void> read_sealed(const Wanted& wanted) const;
  std::vector<Unit> units_within(std::uint64_t begin, std::uint64_t end) const;
  Result<void> for_each_unit(const std::vector<Unit>& units, const UnitWork& work) const;
  Result<void> read_units(const Wanted& wanted);
  Result<void> read_unit(const Unit& unit, const Wanted& wanted, std::size_t threads);
  Result<Groups> verify_unit(const Unit& unit, const Wanted& wanted, std::size_t threads, const Sink& sink = {}) const;
  Result<Groups> hash_in_order(const Unit& unit, const Wanted& wanted, const Sink& sink) const;
  // hash_slices is for units of a file with a tree: their groups can be hashed in any order.
  Result<Groups> hash_slices(const Unit& unit, const Wanted& wanted, std::size_t threads, const Sink& sink) const;
  Result<void> read_slice(const Unit& slice, const Wanted& wanted, const GroupWork& work) const;
  Result<void> read_groups(const Unit& unit, const Groups& digests, const Wanted& wanted, std::size_t threads);
  Result<void> read_verified_group(const Unit& group, const TreeNode& digest, const Wanted& wanted);
  Result<void> read_group(const Unit& group, const TreeNode& digest, std::span<std::uint8_t> out) const;
  Result<std::shared_ptr<const Bytes>> hold_group(const Unit& group, const TreeNode& digest);

  OpenFile file_;
  Units units_;
  Coverage coverage_;
  WorkOptions work_;
  UnitLedger ledger_;
  HeldGroup held_group_;
};

}  // namespace weightmark
