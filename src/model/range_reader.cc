#include "model/range_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/try.h"

namespace weightmark {
namespace {

// What a disk has to do while one piece is hashed. The kernel takes about a
// megabyte a call.
constexpr std::uint64_t kAhead = std::uint64_t{4} << 20U;
constexpr std::uint64_t kAheadStep = std::uint64_t{512} << 10U;

}  // namespace

Result<ByteView> RangeReader::next(std::span<std::uint8_t> buffer) {
  if (work_->is_cancelled())
    return std::unexpected(Error{ErrorCode::kInterrupted, "interrupted", std::string(name_), {}});
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end_ - offset_));
  for (std::size_t filled = 0; filled < wanted;) {
    WM_TRY(std::size_t count, read_some(buffer.subspan(filled, wanted - filled), offset_ + filled));
    filled += count;
  }
  if (work_->observer != nullptr) work_->observer->on_read(name_, offset_, wanted);
  offset_ += wanted;
  return ByteView(buffer.data(), wanted);
}

Result<std::size_t> RangeReader::read_some(std::span<std::uint8_t> buffer, std::uint64_t offset) {
  if (!cached_) read_ahead(offset);
  iovec piece{buffer.data(), buffer.size()};
  ssize_t count = 0;
  do {
    count = ::preadv2(file_->fd.get(), &piece, 1, static_cast<off_t>(offset), cached_ ? RWF_NOWAIT : 0);
  } while (count < 0 && errno == EINTR);
  if (count > 0) return static_cast<std::size_t>(count);
  // EAGAIN, or a file system that cannot tell: from here on it may have to wait.
  if (count < 0 && cached_) {
    cached_ = false;
    return read_some(buffer, offset);
  }
  if (count < 0) {
    Error error = system_error(errno, name_, ErrorCode::kReadFailed);
    error.what += fmt::format(", at byte {}", offset);
    return std::unexpected(std::move(error));
  }
  return std::unexpected(Error{ErrorCode::kFileShrank,
                               fmt::format("ends at byte {} of {}", offset, file_->identity.size), std::string(name_),
                               "something is writing to the model"});
}

void RangeReader::read_ahead(std::uint64_t offset) {
  ahead_ = std::max(ahead_, offset);
  const std::uint64_t until = std::min(end_, offset + kAhead);
  for (; ahead_ < until; ahead_ += std::min(kAheadStep, end_ - ahead_))
      // Only a wish: where it fails, reading says so.
      [[maybe_unused]]
    ssize_t status = ::readahead(file_->fd.get(), static_cast<off64_t>(ahead_), static_cast<std::size_t>(kAheadStep));
}

}  // namespace weightmark
