#include "formats/tar_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::uint64_t kMaxRecords = std::uint64_t{1} << 20U;  // of pax, and of GNU's names; bytes

// Field is where a header has something.
struct Field {
  std::size_t offset;
  std::size_t size;
};

constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kTarget{157, 100};
constexpr Field kMagic{257, 8};  // with the version
constexpr Field kPrefix{345, 155};
constexpr std::size_t kType = 156;

using namespace std::string_view_literals;
constexpr std::string_view kPosix = "ustar\00000"sv;
constexpr std::string_view kGnu = "ustar  \0"sv;
constexpr std::string_view kBeforeBoth = "\0\0\0\0\0\0\0\0"sv;

std::string_view field(std::string_view header, Field where) { return header.substr(where.offset, where.size); }

// text is what a field holds before the first NUL.
std::string_view text(std::string_view header, Field where) {
  const std::string_view all = field(header, where);
  return all.substr(0, all.find('\0'));
}

// octal reads digits between spaces and NULs, as those who write such headers put them.
std::optional<std::uint64_t> octal(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  const std::size_t size = std::min(digits.find_first_of(" \0"sv), digits.size());
  if (size == 0 || digits.find_first_not_of(" \0"sv, size) != std::string_view::npos) return std::nullopt;
  digits = digits.substr(0, size);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// number reads octal digits, or GNU's bytes of which the first is 0x80.
std::optional<std::uint64_t> number(std::string_view digits) {
  if (!digits.starts_with('\x80')) return octal(digits);
  std::uint64_t value = 0;
  for (const char c : digits.substr(1)) {
    if (value >> 56U != 0) return std::nullopt;
    value = value << 8U | static_cast<std::uint8_t>(c);
  }
  return value;
}

bool is_zero(std::string_view block) { return block.find_first_not_of('\0') == std::string_view::npos; }

// loose_number reads what any reader takes for a number: Python's tarfile has digits as its int()
// has them, with a sign, a prefix and underscores, and GNU's bytes with a sign.
std::optional<std::int64_t> loose_number(std::string_view digits) {
  if (digits.starts_with('\x80') || digits.starts_with('\xff')) {
    std::uint64_t value = digits.starts_with('\xff') ? ~std::uint64_t{0} : 0;
    for (const char c : digits.substr(1)) value = value << 8U | static_cast<std::uint8_t>(c);
    return static_cast<std::int64_t>(value);
  }
  digits = trimmed(digits.substr(0, digits.find('\0')));
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.starts_with("0o") || digits.starts_with("0O")) digits.remove_prefix(2);
  std::int64_t value = 0;
  for (const char c : digits) {
    if (c != '_' && (c < '0' || c > '7')) return std::nullopt;
    if (c != '_') value = value * 8 + (c - '0');
  }
  return digits.empty() ? std::nullopt : std::optional(value);
}

// has_checksum: the sum of all bytes, where those of the sum itself count as spaces. Some
// who wrote such headers had signed bytes.
bool has_checksum(std::string_view header) {
  const auto told = loose_number(field(header, kChecksum));
  std::int64_t sum = 0;
  std::int64_t signed_sum = 0;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    const char c = own ? ' ' : header[i];
    sum += static_cast<unsigned char>(c);
    signed_sum += static_cast<signed char>(c);
  }
  return told == sum || told == signed_sum;
}

std::optional<TarKind> kind_of(char type) {
  switch (type) {
    case '0':
    case '7':  // contiguous, where that makes a difference
    case '\0': return TarKind::kFile;
    case '1': return TarKind::kHardLink;
    case '2': return TarKind::kSymbolicLink;
    case '3':
    case '4':
    case '6': return TarKind::kDevice;
    case '5': return TarKind::kFolder;
    default: return std::nullopt;
  }
}

// Reader collects members and faults.
class Reader {
 public:
  explicit Reader(const Content& content) : cursor_(content) {}

  Result<TarArchive> read() {
    while (!stopped_) read_header();
    WM_CHECK(cursor_.result());
    return std::move(archive_);
  }

 private:
  // Override is what records before a member say of it.
  struct Override {
    std::optional<std::string> name;
    std::optional<std::string> target;
    std::optional<std::uint64_t> size;

    bool is_empty() const { return !name && !target && !size; }
  };

  void fault(std::string what) { archive_.faults.push_back(std::move(what)); }

  // stop is for what readers do not go on behind, or not in the same way.
  void stop(std::string what) {
    fault(std::move(what));
    stopped_ = true;
  }

  void read_header() {
    if (cursor_.left() == 0) return stop("has no end");
    const std::string header = cursor_.bytes(kTarBlock);
    if (header.size() != kTarBlock) return stop("ends in the middle of a header");
    if (is_zero(header)) return read_end();
    if (!has_checksum(header)) return stop(fmt::format("has no header at byte {}", cursor_.offset() - kTarBlock));
    if (!octal(field(header, kChecksum))) fault("has a checksum that not all readers take for a number");
    const auto size = number(field(header, kSize));
    if (!size) return stop(fmt::format("has a size that is no number at byte {}", cursor_.offset() - kTarBlock));
    check_magic(header);
    switch (const char type = header[kType]) {
      case 'x': return read_pax(*size);
      case 'g': return read_global(*size);
      case 'L': return read_long(*size, override_.name);
      case 'K': return read_long(*size, override_.target);
      default: return read_member(header, type, *size);
    }
  }

  void check_magic(std::string_view header) {
    const std::string_view magic = field(header, kMagic);
    if (magic != kPosix && magic != kGnu && magic != kBeforeBoth)
      fault(fmt::format("has a header of no known kind at byte {}", cursor_.offset() - kTarBlock));
    // GNU has times in that place, which some readers take for a folder.
    if (magic != kPosix && !text(header, kPrefix).empty())
      fault(fmt::format("has a header whose name can be read in two ways at byte {}", cursor_.offset() - kTarBlock));
  }

  // read_end: what stands behind the end, some readers go on to.
  void read_end() {
    stopped_ = true;
    constexpr std::uint64_t kPiece = std::uint64_t{64} << 10U;
    while (cursor_.left() > 0)
      if (!is_zero(cursor_.bytes(std::min(kPiece, cursor_.left())))) return fault("has bytes behind its end");
    if (!override_.is_empty()) fault("ends before the member that it has records of");
  }

  // data reads records of `size` bytes, and what fills up their last block.
  std::string data(std::uint64_t size) {
    if (size > kMaxRecords || padded(size) > cursor_.left()) {
      stop(fmt::format("has records of {} bytes", size));
      return {};
    }
    std::string records = cursor_.bytes(size);
    cursor_.skip(padded(size) - size);
    return records;
  }

  static std::uint64_t padded(std::uint64_t size) { return (size + kTarBlock - 1) / kTarBlock * kTarBlock; }

  void read_long(std::uint64_t size, std::optional<std::string>& out) {
    std::string name = data(size);
    if (out) fault("gives a member two long names");
    out = name.substr(0, name.find('\0'));
  }

  void read_pax(std::uint64_t size) {
    if (!override_.is_empty()) fault("gives a member records twice");
    const std::string records = data(size);
    const bool good = each_record(records, [this](std::string_view key, std::string_view value) { take(key, value); });
    if (!good) stop("has records that cannot be read");
  }

  // What is said of all members at once would say it of what comes between them, too.
  void read_global(std::uint64_t size) {
    const std::string records = data(size);
    const bool good = each_record(records, [this](std::string_view key, std::string_view) {
      if (key == "path" || key == "linkpath" || key == "size" || key.starts_with("GNU.sparse."))
        fault(fmt::format("gives all of its members one {}", key));
    });
    if (!good) stop("has records that cannot be read");
  }

  // each_record reads "LENGTH KEY=VALUE\n", where the length counts itself and the line break.
  template <typename Take>
  static bool each_record(std::string_view records, Take take) {
    while (!records.empty()) {
      std::uint64_t size = 0;
      const auto [end, error] = std::from_chars(records.data(), records.data() + records.size(), size);
      const auto digits = static_cast<std::size_t>(end - records.data());
      if (error != std::errc() || size > records.size() || size < digits + 3 || *end != ' ') return false;
      const std::string_view record = records.substr(digits + 1, size - digits - 2);
      const std::size_t equals = record.find('=');
      if (equals == std::string_view::npos || equals == 0 || records[size - 1] != '\n') return false;
      take(record.substr(0, equals), record.substr(equals + 1));
      records.remove_prefix(size);
    }
    return true;
  }

  void take(std::string_view key, std::string_view value) {
    if (key == "path") override_.name = value;
    if (key == "linkpath") override_.target = value;
    if (key.starts_with("GNU.sparse.")) fault("has a member with holes, which readers place differently");
    if (key != "size") return;
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
    if (error != std::errc() || end != value.data() + value.size()) return fault("has a record of a size that is none");
    override_.size = size;
  }

  std::string name_of(std::string_view header) const {
    const std::string_view name = text(header, kName);
    const std::string_view prefix = field(header, kMagic) == kPosix ? text(header, kPrefix) : "";
    if (override_.name) return *override_.name;
    return prefix.empty() ? std::string(name) : fmt::format("{}/{}", prefix, name);
  }

  void read_member(std::string_view header, char type, std::uint64_t size) {
    TarMember member;
    member.name = name_of(header);
    const std::string quoted = excerpt(member.name, 128);
    const auto kind = kind_of(type);
    if (!kind) return stop(fmt::format("has a member {} of the type {}", quoted, excerpt({&type, 1})));
    member.kind = *kind;
    // From before there was a type of folders.
    if (member.kind == TarKind::kFile && member.name.ends_with('/')) member.kind = TarKind::kFolder;
    if (override_.size && size != 0 && size != *override_.size)
      fault(fmt::format("gives its member {} two sizes", quoted));
    member.size = override_.size.value_or(size);
    member.target = override_.target.value_or(std::string(text(header, kTarget)));
    override_ = {};
    if (member.kind != TarKind::kFile && member.size != 0)
      return stop(fmt::format("has a member {} with bytes, which is no file", quoted));
    member.begin = cursor_.offset();
    if (member.size > cursor_.left() || padded(member.size) > cursor_.left())
      return stop(fmt::format("has a member {} that reaches past its end", quoted));
    cursor_.skip(padded(member.size));
    add(std::move(member), quoted);
  }

  void add(TarMember member, const std::string& quoted) {
    if (archive_.members.size() >= kMaxTarMembers) return stop("has members over the limit");
    if (member.kind == TarKind::kHardLink) resolve(member);
    if (!by_name_.emplace(member.name, archive_.members.size()).second)
      fault(fmt::format("has two members {}", quoted));
    archive_.members.push_back(std::move(member));
  }

  // resolve gives a hard link the bytes of the file before it that it names.
  void resolve(TarMember& member) {
    const auto found = by_name_.find(member.target);
    if (found == by_name_.end() || !archive_.members[found->second].has_bytes()) return;
    member.is_found = true;
    member.begin = archive_.members[found->second].begin;
    member.size = archive_.members[found->second].size;
  }

  ContentCursor cursor_;
  TarArchive archive_;
  Override override_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  bool stopped_ = false;
};

}  // namespace

Result<TarArchive> read_tar(const Content& content) { return Reader(content).read(); }

bool is_tar_header(std::string_view block) { return block.size() == kTarBlock && has_checksum(block); }

Result<bool> begins_as_tar(const Content& content) {
  ContentCursor cursor(content);
  const std::string block = cursor.bytes(kTarBlock);
  WM_CHECK(cursor.result());
  return is_tar_header(block);
}

}  // namespace weightmark
