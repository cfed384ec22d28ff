// The members of a tar archive, read so strictly that no two readers can differ on them.
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html ("ustar" and "pax")
// https://www.gnu.org/software/tar/manual/html_node/Standard.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/content.h"

namespace weightmark {

enum class TarKind : std::uint8_t { kFile, kHardLink, kSymbolicLink, kFolder, kDevice };

struct TarMember {
  std::string name;
  TarKind kind = TarKind::kFile;
  std::string target;       // of a link
  std::uint64_t begin = 0;  // of its data, from the beginning of the archive
  std::uint64_t size = 0;   // bytes; of a hard link those of the member before it that it names
  bool is_found = false;    // whether a hard link names such a member

  bool has_bytes() const { return kind == TarKind::kFile || is_found; }

  friend bool operator==(const TarMember&, const TarMember&) = default;
};

struct TarArchive {
  std::vector<TarMember> members;
  // Rules that it breaks, for people. What cannot be understood ends the list of members.
  std::vector<std::string> faults;
};

inline constexpr std::uint64_t kTarBlock = 512;  // bytes
inline constexpr std::uint64_t kMaxTarMembers = 1'000'000;

// read_tar reads ustar, pax, GNU's long names and sizes, and the headers from before them.
// Errors: the content's own.
Result<TarArchive> read_tar(const Content& content);

// is_tar_header says whether a block, the first of a file, has the right checksum: readers of
// tar archives take the file for one, whatever else it is.
bool is_tar_header(std::string_view block);

// begins_as_tar says so of the file. Errors: the content's own.
Result<bool> begins_as_tar(const Content& content);

}  // namespace weightmark
