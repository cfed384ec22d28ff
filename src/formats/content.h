// A file's bytes by offset, wherever they come from, and reading them from the front.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

class Content {
 public:
  Content() = default;
  virtual ~Content() = default;
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;

  virtual std::uint64_t size() const = 0;  // bytes

  // read fills `out`, which lies within the size. Errors: those of where the bytes are.
  virtual Result<void> read(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
};

// MemoryContent is bytes that are there already, and stay there.
class MemoryContent : public Content {
 public:
  explicit MemoryContent(ByteView bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  ByteView bytes_;
};

// ContentPart is a range of another content, which outlives it.
class ContentPart : public Content {
 public:
  ContentPart(const Content& whole, std::uint64_t begin, std::uint64_t size)
      : whole_(&whole), begin_(begin), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    return whole_->read(begin_ + offset, out);
  }

 private:
  const Content* whole_;
  std::uint64_t begin_;
  std::uint64_t size_;
};

// ContentCursor reads from the front, through a window. What lies past the end is zero,
// and ended() says so from then on; an error of the content is kept, and reads as the end.
class ContentCursor {
 public:
  explicit ContentCursor(const Content& content, std::uint64_t offset = 0);

  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return ended_ ? 0 : content_->size() - offset_; }
  bool ended() const { return ended_; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(little_endian(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(little_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
  std::uint64_t u64() { return little_endian(8); }
  std::string bytes(std::uint64_t count);
  void skip(std::uint64_t count);

  // Errors: the content's own.
  Result<void> result() const;

 private:
  std::uint64_t little_endian(unsigned bytes);
  bool fill();
  void end();

  const Content* content_;
  std::uint64_t offset_;
  std::uint64_t window_begin_ = 0;
  std::size_t window_size_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
  std::vector<std::uint8_t> window_;
};

// read_all reads all of it, of which the caller knows that it is little.
Result<std::string> read_all(const Content& content);

}  // namespace weightmark
