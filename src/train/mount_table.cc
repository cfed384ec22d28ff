#include "train/mount_table.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "base/refuse.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr auto kKernelsOwn = std::to_array<std::string_view>(
    {"proc",        "sysfs",    "devtmpfs",   "devpts", "cgroup",     "cgroup2",  "mqueue",
     "debugfs",     "tracefs",  "securityfs", "pstore", "bpf",        "configfs", "fusectl",
     "binfmt_misc", "efivarfs", "selinuxfs",  "nsfs",   "rpc_pipefs", "autofs"});

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// unescape undoes \040 and the like.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
                         is_octal(text[i + 3]);
    if (!escaped) {
      out += text[i];
      continue;
    }
    out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return out;
}

std::vector<std::string> words(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> out;
  for (std::string word; stream >> word;) out.push_back(std::move(word));
  return out;
}

// 36 35 98:0 /root /place options [tags...] - type source options
Result<MountedPlace> parse_line(std::string_view line) {
  constexpr std::size_t kPlace = 4;
  constexpr std::size_t kOptions = 5;
  const std::vector<std::string> parts = words(line);
  const auto dash = std::ranges::find(parts, "-");
  if (dash - parts.begin() <= static_cast<std::ptrdiff_t>(kOptions) || parts.end() - dash < 2)
    return refuse(ErrorCode::kInternal, "is not as the kernel writes it", "/proc/self/mountinfo");
  return MountedPlace{unescape(parts[kPlace]), *(dash + 1), ("," + parts[kOptions] + ",").contains(",ro,")};
}

}  // namespace

Result<std::vector<MountedPlace>> parse_mount_table(std::string_view text) {
  std::vector<MountedPlace> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    WM_TRY(MountedPlace place, parse_line(text.substr(0, end)));
    out.push_back(std::move(place));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool holds_files(const MountedPlace& place) { return std::ranges::find(kKernelsOwn, place.type) == kKernelsOwn.end(); }

}  // namespace weightmark
