#include "read/stream_verifier.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/refuse.h"
#include "base/try.h"

namespace weightmark {
namespace {

std::unexpected<Error> unverifiable(const FileEntry& entry) {
  return refuse(
      ErrorCode::kStreamUnverifiable,
      fmt::format("cannot be verified while it arrives: there is no tree to go by, and no shards of at most {} bytes",
                  kNodeSize),
      entry.name, "store it first and verify it then");
}

// fits says whether every unit can be held until it is verified.
bool fits(const FileEntry& entry) {
  if (entry.tree) return true;
  if (entry.shards.empty()) return entry.size().value_or(0) <= kNodeSize;
  return std::ranges::all_of(entry.shards, [](const Shard& s) { return s.end - s.begin <= kNodeSize; });
}

}  // namespace

// Where the size is not signed, what may be held takes its place.
StreamVerifier::StreamVerifier(const FileEntry& entry, VerifiedStream::Sink sink)
    : size_known_(entry.size().has_value()),
      units_(entry, entry.size().value_or(kNodeSize)),
      sink_(std::move(sink)),
      unit_(units_.around(0)) {}

Result<std::unique_ptr<StreamVerifier>> StreamVerifier::create(const FileEntry& entry, VerifiedStream::Sink sink) {
  if (!fits(entry)) return unverifiable(entry);
  return std::unique_ptr<StreamVerifier>(new StreamVerifier(entry, std::move(sink)));
}

Result<void> StreamVerifier::write(ByteView bytes) {
  WM_CHECK(check_open());
  return keep(take(bytes));
}

Result<void> StreamVerifier::finish() {
  WM_CHECK(check_open());
  finished_ = true;
  return keep(complete());
}

Result<void> StreamVerifier::check_open() const {
  if (error_) return std::unexpected(*error_);
  if (finished_) return refuse(ErrorCode::kUsage, "the stream is finished", units_.entry().name);
  return {};
}

Result<void> StreamVerifier::take(ByteView bytes) {
  if (bytes.size() > units_.size() - received()) {
    if (!size_known_) return unverifiable(units_.entry());
    return refuse(ErrorCode::kStreamTooLong,
                  fmt::format("over {} bytes arrived, signed were {}", units_.size(), units_.size()),
                  units_.entry().name, "what is sent is not the file that was signed");
  }
  while (!bytes.empty()) {
    if (size_known_) held_.reserve(unit_.size());
    const ByteView piece = bytes.first(std::min<std::uint64_t>(bytes.size(), unit_.end - received()));
    held_.insert(held_.end(), piece.begin(), piece.end());
    bytes = bytes.subspan(piece.size());
    if (size_known_ && held_.size() == unit_.size()) WM_CHECK(hand_on());
  }
  return {};
}

Result<void> StreamVerifier::complete() {
  if (!size_known_) return hand_on();
  if (received() == units_.size()) return {};
  return refuse(ErrorCode::kStreamTooShort,
                fmt::format("ended after {} bytes, signed were {}", received(), units_.size()), units_.entry().name,
                "get the file again");
}

Result<void> StreamVerifier::hand_on() {
  WM_CHECK(verify_unit(units_, unit_, held_));
  if (!held_.empty()) WM_CHECK(sink_(unit_.begin, held_));
  const std::uint64_t next = received();
  held_.clear();
  if (next < units_.size())
    unit_ = units_.around(next);
  else
    unit_ = {unit_.index + 1, next, next};
  return {};
}

// keep makes an error final, and drops what was not verified.
Result<void> StreamVerifier::keep(Result<void> status) {
  if (status) return status;
  error_ = status.error();
  held_ = {};
  return status;
}

VerifiedStream::VerifiedStream(std::unique_ptr<StreamVerifier> verifier) : verifier_(std::move(verifier)) {}
VerifiedStream::VerifiedStream(VerifiedStream&&) noexcept = default;
VerifiedStream& VerifiedStream::operator=(VerifiedStream&&) noexcept = default;
VerifiedStream::~VerifiedStream() = default;

Result<void> VerifiedStream::write(ByteView bytes) { return verifier_->write(bytes); }
Result<void> VerifiedStream::finish() { return verifier_->finish(); }

}  // namespace weightmark
