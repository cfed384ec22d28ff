#include "formats/zip_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50;
constexpr std::uint32_t kEnd64 = 0x06064b50;
constexpr std::uint32_t kLocator64 = 0x07064b50;
constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kLocatorSize = 20;
constexpr std::uint64_t kMaxComment = 0xffff;
constexpr std::uint32_t kIn64 = 0xffffffff;  // the value stands in the ZIP64 field
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint16_t kEncrypted = 1;
constexpr std::uint16_t kStreamed = 8;  // sizes and checksum follow the data

constexpr std::uint32_t kModeShift = 16;
constexpr std::uint32_t kTypeMask = 0170000;
constexpr std::uint32_t kLink = 0120000;

// Directory is where the list of members lies.
struct Directory {
  std::uint64_t count = 0;
  std::uint64_t size = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // where what comes after it begins
};

// find_end looks for the end record from behind: the last one whose comment reaches the
// end of the file is the one that readers take.
Result<std::optional<std::uint64_t>> find_end(const Content& content) {
  const std::uint64_t size = content.size();
  if (size < kEndSize) return std::nullopt;
  const std::uint64_t begin = size - std::min(size, kEndSize + kMaxComment);
  ContentCursor cursor(content, begin);
  const std::string tail = cursor.bytes(size - begin);
  WM_CHECK(cursor.result());
  const auto length_at = [&](std::size_t at) {
    return static_cast<std::uint64_t>(static_cast<std::uint8_t>(tail[at])) |
           static_cast<std::uint64_t>(static_cast<std::uint8_t>(tail[at + 1])) << 8U;
  };
  for (std::size_t at = tail.size() - kEndSize + 1; at-- > 0;)
    if (tail.compare(at, 4, "PK\x05\x06") == 0 && at + kEndSize + length_at(at + 20) == tail.size()) return begin + at;
  return std::nullopt;
}

// read_end64 replaces what the end record has no room for.
void read_end64(const Content& content, std::uint64_t end, Directory& directory) {
  if (end < kLocatorSize) return;
  ContentCursor locator(content, end - kLocatorSize);
  if (locator.u32() != kLocator64) return;
  locator.skip(4);
  const std::uint64_t at = locator.u64();
  ContentCursor record(content, at);
  if (record.u32() != kEnd64) return;
  record.skip(28);
  directory = {record.u64(), record.u64(), record.u64(), at};
}

Directory read_directory(const Content& content, std::uint64_t end) {
  ContentCursor cursor(content, end);
  cursor.skip(10);
  Directory directory;
  directory.count = cursor.u16();
  directory.size = cursor.u32();
  directory.begin = cursor.u32();
  directory.end = end;
  read_end64(content, end, directory);
  return directory;
}

// read_extra64 takes the sizes that did not fit, in the order of the specification (4.5.3).
void read_extra64(std::string_view extra, ZipMember& member, std::uint64_t& local) {
  const MemoryContent content(as_bytes(extra));
  ContentCursor cursor(content);
  while (cursor.left() >= 4) {
    const std::uint16_t id = cursor.u16();
    const std::uint16_t size = cursor.u16();
    if (id != kExtra64) {
      cursor.skip(size);
      continue;
    }
    if (member.size == kIn64) member.size = cursor.u64();
    if (member.compressed == kIn64) member.compressed = cursor.u64();
    if (local == kIn64) local = cursor.u64();
    return;
  }
}

// read_entry reads an entry of the directory; `local` is where the member's own header is.
ZipMember read_entry(ContentCursor& cursor, std::uint64_t& local) {
  ZipMember member;
  cursor.skip(4);  // versions
  member.flags = cursor.u16();
  member.method = cursor.u16();
  cursor.skip(4);  // time
  member.crc = cursor.u32();
  member.compressed = cursor.u32();
  member.size = cursor.u32();
  const std::uint16_t name = cursor.u16();
  const std::uint16_t extra = cursor.u16();
  const std::uint16_t comment = cursor.u16();
  cursor.skip(4);  // disk, internal attributes
  member.mode = cursor.u32() >> kModeShift;
  local = cursor.u32();
  member.name = cursor.bytes(name);
  read_extra64(cursor.bytes(extra), member, local);
  cursor.skip(comment);
  return member;
}

// Reader collects members and faults.
class Reader {
 public:
  explicit Reader(const Content& content) : content_(&content) {}

  Result<ZipArchive> read() {
    WM_TRY(const auto end, find_end(*content_));
    if (!end) {
      archive_.faults.emplace_back("has no directory of its members");
      return std::move(archive_);
    }
    const Directory directory = read_directory(*content_, *end);
    if (check(directory)) {
      WM_CHECK(read_members(directory));
      check_layout(directory);
    }
    return std::move(archive_);
  }

 private:
  void fault(std::string text) { archive_.faults.push_back(std::move(text)); }

  bool check(const Directory& directory) {
    const bool fits = directory.begin <= directory.end && directory.size == directory.end - directory.begin;
    if (!fits) fault("has bytes between its directory and its end, or a directory that does not fit");
    const bool small = directory.count <= kMaxZipMembers && directory.size <= kMaxZipDirectory;
    if (!small) fault(fmt::format("has {} members, over the limit", directory.count));
    return fits && small;
  }

  Result<void> read_members(const Directory& directory) {
    ContentCursor cursor(*content_, directory.begin);
    for (std::uint64_t i = 0; i < directory.count; ++i) {
      if (cursor.u32() != kDirectoryHeader || cursor.offset() > directory.end) {
        fault("has a directory with less entries than it says");
        return cursor.result();
      }
      std::uint64_t local = 0;
      ZipMember member = read_entry(cursor, local);
      WM_CHECK(read_local(local, member));
      archive_.members.push_back(std::move(member));
    }
    WM_CHECK(cursor.result());
    if (cursor.offset() != directory.begin + directory.size) fault("has a directory with more than its entries");
    return {};
  }

  // read_local compares a member's own header with the directory: readers go by either.
  Result<void> read_local(std::uint64_t at, ZipMember& member) {
    ContentCursor cursor(*content_, at);
    const bool found = cursor.u32() == kLocalHeader;
    cursor.skip(2);
    const std::uint16_t flags = cursor.u16();
    const std::uint16_t method = cursor.u16();
    cursor.skip(4);
    const std::uint32_t crc = cursor.u32();
    ZipMember own;
    own.compressed = cursor.u32();
    own.size = cursor.u32();
    const std::uint16_t name = cursor.u16();
    const std::uint16_t extra = cursor.u16();
    own.name = cursor.bytes(name);
    std::uint64_t unused = 0;
    read_extra64(cursor.bytes(extra), own, unused);
    WM_CHECK(cursor.result());
    member.begin = cursor.offset();
    begins_.push_back(at);
    const std::string quoted = excerpt(member.name, 128);
    if (!found || cursor.ended()) {
      fault(fmt::format("has no header for its member {}", quoted));
      return {};
    }
    if (own.name != member.name) fault(fmt::format("calls its member {} also {}", quoted, excerpt(own.name, 128)));
    const bool streamed = (flags & kStreamed) != 0 && own.size == 0 && own.compressed == 0 && crc == 0;
    const bool same_size = own.size == member.size && own.compressed == member.compressed && crc == member.crc;
    if (flags != member.flags || method != member.method || (!streamed && !same_size))
      fault(fmt::format("describes its member {} in two ways", quoted));
    return {};
  }

  // check_layout: members lie one after another before the directory, each name once.
  void check_layout(const Directory& directory) {
    std::set<std::string_view> names;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (std::size_t i = 0; i < archive_.members.size(); ++i) {
      const ZipMember& member = archive_.members[i];
      const std::string quoted = excerpt(member.name, 128);
      if (!names.insert(member.name).second) fault(fmt::format("has two members {}", quoted));
      if ((member.flags & kEncrypted) != 0) fault(fmt::format("says that its member {} is encrypted", quoted));
      if (member.is_stored() && member.size != member.compressed)
        fault(fmt::format("stores its member {} in another size than it has", quoted));
      if (member.begin > directory.begin || member.compressed > directory.begin - member.begin)
        fault(fmt::format("has a member {} that reaches past its end", quoted));
      else
        ranges.emplace_back(begins_[i], member.begin + member.compressed);
    }
    std::ranges::sort(ranges);
    if (!ranges.empty() && ranges.front().first != 0) fault("begins with bytes of no member");
    for (std::size_t i = 1; i < ranges.size(); ++i)
      if (ranges[i].first < ranges[i - 1].second) return fault("has members that share bytes");
  }

  const Content* content_;
  ZipArchive archive_;
  std::vector<std::uint64_t> begins_;  // of the members' own headers
};

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  constexpr std::uint32_t kPolynomial = 0xedb88320;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? value >> 1U ^ kPolynomial : value >> 1U;
    table[i] = value;
  }
  return table;
}

}  // namespace

bool ZipMember::is_link() const { return (mode & kTypeMask) == kLink; }

Result<ZipArchive> read_zip(const Content& content) { return Reader(content).read(); }

Result<bool> ends_as_zip(const Content& content) {
  WM_TRY(const auto end, find_end(content));
  if (!end) return false;
  const Directory directory = read_directory(content, *end);
  // Readers find it also where something was put before the archive.
  if (directory.count == 0 || directory.size > directory.end) return false;
  ContentCursor cursor(content, directory.end - directory.size);
  const bool found = cursor.u32() == kDirectoryHeader;
  WM_CHECK(cursor.result());
  return found;
}

bool leaves_folder(std::string_view name) {
  if (name.starts_with('/') || name.contains('\\') || name.contains('\0')) return true;
  if (name.size() > 1 && name[1] == ':') return true;  // a drive of Windows
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return true;
    begin = end + 1;
  }
  return false;
}

Result<std::uint32_t> crc32(const Content& content) {
  static constexpr auto kTable = make_crc_table();
  constexpr std::uint64_t kPiece = std::uint64_t{64} << 10U;
  std::uint32_t value = 0xffffffff;
  ContentCursor cursor(content);
  while (cursor.left() > 0)
    for (const char c : cursor.bytes(std::min(kPiece, cursor.left())))
      value = value >> 8U ^ kTable.at((value ^ static_cast<std::uint8_t>(c)) & 0xffU);
  WM_CHECK(cursor.result());
  return ~value;
}

}  // namespace weightmark
