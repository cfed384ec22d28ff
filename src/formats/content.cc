#include "formats/content.h"

#include <algorithm>

#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kWindow = std::size_t{64} << 10U;

}  // namespace

Result<void> MemoryContent::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  std::ranges::copy(bytes_.subspan(offset, out.size()), out.begin());
  return {};
}

ContentCursor::ContentCursor(const Content& content, std::uint64_t offset) : content_(&content), offset_(offset) {
  if (offset > content.size()) end();
}

void ContentCursor::end() {
  ended_ = true;
  offset_ = content_->size();
}

// fill moves the window to where the cursor stands.
bool ContentCursor::fill() {
  window_size_ = static_cast<std::size_t>(std::min<std::uint64_t>(kWindow, content_->size() - offset_));
  window_.resize(window_size_);
  window_begin_ = offset_;
  if (window_size_ == 0) return false;
  if (auto status = content_->read(offset_, window_); !status) {
    error_ = status.error();
    return false;
  }
  return true;
}

std::string ContentCursor::bytes(std::uint64_t count) {
  std::string text;
  if (count > left()) {
    end();
    return text;
  }
  while (text.size() < count) {
    const bool inside = offset_ >= window_begin_ && offset_ - window_begin_ < window_size_;
    if (!inside && !fill()) {
      end();
      return {};
    }
    const auto at = static_cast<std::size_t>(offset_ - window_begin_);
    const std::size_t size = std::min<std::size_t>(window_size_ - at, static_cast<std::size_t>(count - text.size()));
    text.append(as_text(ByteView(window_).subspan(at, size)));
    offset_ += size;
  }
  return text;
}

void ContentCursor::skip(std::uint64_t count) {
  if (count > left()) return end();
  offset_ += count;
}

std::uint64_t ContentCursor::little_endian(unsigned count) {
  const std::string text = bytes(count);
  std::uint64_t value = 0;
  for (std::size_t i = text.size(); i > 0; --i) value = value << 8U | static_cast<std::uint8_t>(text[i - 1]);
  return value;
}

Result<void> ContentCursor::result() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

Result<std::string> read_all(const Content& content) {
  ContentCursor cursor(content);
  std::string text = cursor.bytes(content.size());
  WM_CHECK(cursor.result());
  return text;
}

}  // namespace weightmark
