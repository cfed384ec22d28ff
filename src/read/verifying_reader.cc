#include "read/verifying_reader.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "base/try.h"
#include "model/compare.h"
#include "model/parallel.h"
#include "model/range_reader.h"

namespace weightmark {
namespace {

constexpr std::string_view kWriterHint = "something is writing to the model";

// Eraser leaves zeros where bytes may not have been verified, however a read ends.
class Eraser {
 public:
  explicit Eraser(std::span<std::uint8_t> bytes) : bytes_(bytes) {}
  Eraser(const Eraser&) = delete;
  Eraser& operator=(const Eraser&) = delete;
  ~Eraser() { std::ranges::fill(bytes_, std::uint8_t{0}); }

  void keep() { bytes_ = {}; }

 private:
  std::span<std::uint8_t> bytes_;
};

// What is less than this is hashed before another thread has begun.
constexpr std::uint64_t kSliceSize = 8 * kGroupSize;
constexpr std::size_t kMostSlices = kNodeSize / kSliceSize;

// slices_of divides a unit, at groups, for threads that take one slice after the other: one
// that the system keeps waiting holds up little.
std::vector<Unit> slices_of(const Unit& unit) {
  std::vector<Unit> slices;
  for (std::uint64_t at = unit.begin; at < unit.end; at = slices.back().end)
    slices.push_back({slices.size(), at, std::min(unit.end, at + kSliceSize)});
  return slices;
}

// group_of returns bytes `begin` to `end` of a unit's group, the last of which is shorter.
Unit group_of(const Unit& unit, std::uint64_t index) {
  const std::uint64_t begin = unit.begin + index * kGroupSize;
  return {index, begin, begin + std::min(kGroupSize, unit.end - begin)};
}

Result<Coverage> coverage_of(const FileEntry& entry, const KernelMeasurement& seal) {
  if (!entry.tree) return Coverage::kWhole;
  const KernelVerdict verdict = judge(seal, *entry.tree);
  if (verdict == KernelVerdict::kRead) return Coverage::kTree;
  if (verdict == KernelVerdict::kCovered) return Coverage::kKernel;
  return std::unexpected(Error{ErrorCode::kFileMismatch,
                               fmt::format("is sealed with other content: its fs-verity digest is {}, signed was {}",
                                           seal.digest->hex(), entry.tree->fsverity.hex()),
                               entry.name, kMismatchHint});
}

// read_piece fills `out` with the next bytes, which errors name.
Result<void> read_piece(RangeReader& reader, const Unit& range, std::span<std::uint8_t> out) {
  auto bytes = reader.next(out);
  if (bytes) return {};
  Error& error = bytes.error();
  return std::unexpected(range_error(error.code, error.subject, range.begin, range.end, error.what, error.hint));
}

// for_each_of works on several ranges at once. It ends at the first error, which is that of
// the first range that has one among those that were looked at.
template <class Work>
Result<void> for_each_of(const std::vector<Unit>& units, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::size_t first = units.size();
  Result<void> status;
  run_parallel(std::min(threads, units.size()), [&] {
    for (std::size_t i = next++; i < units.size(); i = next++) {
      Result<void> done = work(units[i]);
      if (done) continue;
      next = units.size();
      const std::lock_guard lock(mutex);
      if (i < first) status = std::move(done);
      first = std::min(first, i);
    }
  });
  return status;
}

}  // namespace

VerifyingReader::Wanted VerifyingReader::Wanted::within(std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t first = std::clamp(offset, begin, end);
  const std::uint64_t last = std::clamp(this->end(), begin, end);
  return first < last ? Wanted{first, out.subspan(first - offset, last - first)} : Wanted{first, {}};
}

void VerifyingReader::Wanted::take(const Unit& group, ByteView bytes) const {
  std::ranges::copy(bytes.subspan(offset - group.begin, out.size()), out.begin());
}

VerifyingReader::VerifyingReader(OpenFile file, FileEntry entry, Coverage coverage, const WorkOptions& work)
    : file_(std::move(file)),
      units_(std::move(entry), file_.identity.size),
      coverage_(coverage),
      work_(work),
      ledger_(units_.count()) {}

Result<std::unique_ptr<VerifyingReader>> VerifyingReader::create(OpenFile file, FileEntry entry,
                                                                 const KernelMeasurement& seal,
                                                                 const WorkOptions& work) {
  WM_CHECK(check_size(entry, file.identity.size));
  WM_TRY(const Coverage coverage, coverage_of(entry, seal));
  return std::unique_ptr<VerifyingReader>(new VerifyingReader(std::move(file), std::move(entry), coverage, work));
}

Result<std::unique_ptr<VerifyingReader>> VerifyingReader::open(OpenFile file, FileEntry entry,
                                                               const KernelMeasurement& seal, const WorkOptions& work) {
  const bool size_is_signed = entry.size().has_value();
  WM_TRY(auto reader, create(std::move(file), std::move(entry), seal, work));
  if (!size_is_signed) WM_CHECK(reader->read_unit(reader->units_.around(0), {0, {}}, 1));
  WM_CHECK(reader->check_same_size());
  return reader;
}

Result<void> VerifyingReader::read(std::uint64_t offset, std::span<std::uint8_t> out) {
  Eraser eraser(out);
  WM_CHECK(check_range(offset, out.size()));
  const Wanted wanted{offset, out};
  if (coverage_ == Coverage::kKernel) {
    WM_CHECK(read_sealed(wanted));
  } else {
    WM_CHECK(read_units(wanted));
    WM_CHECK(check_same_size());
  }
  eraser.keep();
  return {};
}

Result<void> VerifyingReader::check_range(std::uint64_t offset, std::uint64_t count) const {
  if (count <= size() && offset <= size() - count) return {};
  return std::unexpected(
      Error{ErrorCode::kRangePastEnd,
            fmt::format("{} bytes from byte {} on run past the end: the file has {} bytes", count, offset, size()),
            name(),
            {}});
}

// What was read is as signed; but a file of another size no longer is.
Result<void> VerifyingReader::check_same_size() const {
  struct stat status{};
  if (::fstat(file_.fd.get(), &status) != 0)
    return std::unexpected(system_error(errno, name(), ErrorCode::kReadFailed));
  const std::uint64_t found = FileIdentity::of(status).size;
  if (found == size()) return {};
  const bool grew = found > size();
  return std::unexpected(range_error(
      grew ? ErrorCode::kFileGrew : ErrorCode::kFileShrank, name(), std::min(found, size()), std::max(found, size()),
      grew ? "were added after the file was opened" : "are gone since it was opened", std::string(kWriterHint)));
}

Result<void> VerifyingReader::read_sealed(const Wanted& wanted) const {
  RangeReader reader(file_, name(), work_, wanted.offset, wanted.end());
  for (std::uint64_t at = wanted.offset; at < wanted.end();) {
    const Unit piece{0, at, at + std::min(kGroupSize, wanted.end() - at)};
    WM_CHECK(read_piece(reader, piece, wanted.within(piece.begin, piece.end).out));
    at = piece.end;
  }
  return {};
}

std::vector<Unit> VerifyingReader::units_within(std::uint64_t begin, std::uint64_t end) const {
  std::vector<Unit> units;
  for (std::uint64_t at = begin; at < end; at = units.back().end) units.push_back(units_.around(at));
  // Of an empty file there is nothing to want, but something to verify.
  if (units.empty() && size() == 0 && units_.count() > 0) units.push_back(units_.around(0));
  return units;
}

Result<void> VerifyingReader::for_each_unit(const std::vector<Unit>& units, const UnitWork& work) const {
  const std::size_t threads = thread_count(work_, kMaxThreads);
  // Few units are divided, where a tree allows it, lest one thread be at the last of them while
  // others have nothing to do.
  const bool divided = units_.entry().tree && units.size() < 4 * threads;
  const std::size_t each = divided ? std::min(threads, kMostSlices) : 1;
  return for_each_of(units, (threads + each - 1) / each, [&](const Unit& unit) { return work(unit, each); });
}

Result<void> VerifyingReader::read_units(const Wanted& wanted) {
  return for_each_unit(units_within(wanted.offset, wanted.end()), [&](const Unit& unit, std::size_t threads) {
    return read_unit(unit, wanted.within(unit.begin, unit.end), threads);
  });
}

Result<void> VerifyingReader::copy_to(const Sink& sink) {
  const auto copy_unit = [&](const Unit& unit, std::size_t threads) -> Result<void> {
    WM_CHECK(verify_unit(unit, {unit.begin, {}}, threads, sink));
    return {};
  };
  WM_CHECK(for_each_unit(units_within(0, size()), copy_unit));
  return check_same_size();
}

Result<void> VerifyingReader::read_unit(const Unit& unit, const Wanted& wanted, std::size_t threads) {
  bool filled = false;
  WM_TRY(const Groups* groups, ledger_.groups_of(unit.index, [&] {
    filled = true;
    return verify_unit(unit, wanted, threads);
  }));
  return filled ? Result<void>() : read_groups(unit, *groups, wanted, threads);
}

Result<Groups> VerifyingReader::verify_unit(const Unit& unit, const Wanted& wanted, std::size_t threads,
                                            const Sink& sink) const {
  const bool divided = threads > 1 && units_.entry().tree && unit.size() > kSliceSize;
  Result<Groups> groups = divided ? hash_slices(unit, wanted, threads, sink) : hash_in_order(unit, wanted, sink);
  if (!groups && groups.error().code == ErrorCode::kFileMismatch && !file_.unchanged()) {
    groups.error().code = ErrorCode::kFileChanged;
    groups.error().hint = kWriterHint;
  }
  return groups;
}

Result<Groups> VerifyingReader::hash_in_order(const Unit& unit, const Wanted& wanted, const Sink& sink) const {
  UnitHasher hasher(units_, unit);
  WM_CHECK(read_slice(unit, wanted, [&](const Unit& group, ByteView bytes) -> Result<void> {
    hasher.update(bytes);
    return sink ? sink(group.begin, bytes) : Result<void>();
  }));
  return hasher.finish();
}

Result<Groups> VerifyingReader::hash_slices(const Unit& unit, const Wanted& wanted, std::size_t threads,
                                            const Sink& sink) const {
  Groups digests(group_count(unit.size()));
  const auto hash = [&](const Unit& group, ByteView bytes) -> Result<void> {
    digests[(group.begin - unit.begin) / kGroupSize] = hash_group(bytes);
    return sink ? sink(group.begin, bytes) : Result<void>();
  };
  WM_CHECK(for_each_of(slices_of(unit), threads, [&](const Unit& slice) { return read_slice(slice, wanted, hash); }));
  return check_groups(units_, unit, std::move(digests));
}

Result<void> VerifyingReader::read_slice(const Unit& slice, const Wanted& wanted, const GroupWork& work) const {
  RangeReader reader(file_, name(), work_, slice.begin, slice.end);
  Bytes scratch;
  for (std::uint64_t i = 0; i < group_count(slice.size()); ++i) {
    const Unit group = group_of(slice, i);
    const Wanted part = wanted.within(group.begin, group.end);
    const bool whole = part.out.size() == group.size();
    if (!whole) scratch.resize(group.size());
    // A group of which all is wanted is read and hashed where it stays.
    const std::span<std::uint8_t> bytes = whole ? part.out : scratch;
    WM_CHECK(read_piece(reader, group, bytes));
    WM_CHECK(work(group, bytes));
    if (!whole) part.take(group, bytes);
  }
  return {};
}

Result<void> VerifyingReader::read_groups(const Unit& unit, const Groups& digests, const Wanted& wanted,
                                          std::size_t threads) {
  const std::uint64_t first = (wanted.offset - unit.begin) / kGroupSize;
  const std::uint64_t last = group_count(wanted.end() - unit.begin);
  const Unit touched{0, unit.begin + first * kGroupSize, std::min(unit.end, unit.begin + last * kGroupSize)};
  return for_each_of(slices_of(touched), threads, [&](const Unit& slice) -> Result<void> {
    for (std::uint64_t i = 0; i < group_count(slice.size()); ++i) {
      const Unit group = group_of(slice, i);
      const TreeNode& digest = digests[(group.begin - unit.begin) / kGroupSize];
      WM_CHECK(read_verified_group(group, digest, wanted.within(group.begin, group.end)));
    }
    return {};
  });
}

Result<void> VerifyingReader::read_verified_group(const Unit& group, const TreeNode& digest, const Wanted& wanted) {
  if (wanted.out.size() == group.size()) return read_group(group, digest, wanted.out);
  WM_TRY(auto bytes, hold_group(group, digest));
  wanted.take(group, *bytes);
  return {};
}

Result<void> VerifyingReader::read_group(const Unit& group, const TreeNode& digest, std::span<std::uint8_t> out) const {
  RangeReader reader(file_, name(), work_, group.begin, group.end);
  WM_CHECK(read_piece(reader, group, out));
  if (hash_group(out) == digest) return {};
  return std::unexpected(range_error(ErrorCode::kFileChanged, name(), group.begin, group.end,
                                     "changed after they were verified", std::string(kWriterHint)));
}

Result<std::shared_ptr<const Bytes>> VerifyingReader::hold_group(const Unit& group, const TreeNode& digest) {
  if (auto held = held_group_.find(group.begin); held && file_.unchanged()) return held;
  auto bytes = std::make_shared<Bytes>(group.size());
  WM_CHECK(read_group(group, digest, *bytes));
  held_group_.set(group.begin, bytes);
  return bytes;
}

}  // namespace weightmark
