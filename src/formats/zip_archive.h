// The members of a ZIP archive, read so strictly that no two readers can differ on them.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (6.3.10)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/content.h"

namespace weightmark {

struct ZipMember {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;  // 0: stored
  std::uint32_t crc = 0;
  std::uint64_t compressed = 0;  // bytes
  std::uint64_t size = 0;        // bytes
  std::uint64_t begin = 0;       // of its data, from the beginning of the archive
  std::uint32_t mode = 0;        // of Unix; 0 where it is not told

  bool is_stored() const { return method == 0; }
  bool is_folder() const { return name.ends_with('/'); }
  bool is_link() const;

  friend bool operator==(const ZipMember&, const ZipMember&) = default;
};

struct ZipArchive {
  std::vector<ZipMember> members;  // in the order of the directory
  // Rules that it breaks, for people. Members are told as the directory has them.
  std::vector<std::string> faults;
};

inline constexpr std::uint64_t kMaxZipMembers = 1'000'000;
inline constexpr std::uint64_t kMaxZipDirectory = std::uint64_t{256} << 20U;

// read_zip reads the central directory and each member's own header. What has no
// directory has no members, and that is a fault.
// Errors: the content's own.
Result<ZipArchive> read_zip(const Content& content);

// ends_as_zip says whether a file that begins as something else ends as an archive does,
// with a directory that readers would find. Errors: the content's own.
Result<bool> ends_as_zip(const Content& content);

// leaves_folder says whether a member's name leads out of the folder that it is unpacked
// into, on any system.
bool leaves_folder(std::string_view name);

// crc32 is the checksum of ZIP's members. Errors: the content's own.
Result<std::uint32_t> crc32(const Content& content);

}  // namespace weightmark
