#include "train/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace weightmark {
namespace {

// linux/landlock.h, LANDLOCK_ACCESS_FS_*.
constexpr std::uint64_t kExecute = 1U << 0U;
constexpr std::uint64_t kWriteFile = 1U << 1U;
constexpr std::uint64_t kReadFile = 1U << 2U;
constexpr std::uint64_t kReadFolder = 1U << 3U;
constexpr std::uint64_t kMakeCharacterDevice = 1U << 6U;
constexpr std::uint64_t kMakeBlockDevice = 1U << 11U;
constexpr std::uint64_t kRefer = 1U << 13U;
constexpr std::uint64_t kTruncate = 1U << 14U;
constexpr std::uint64_t kControlDevice = 1U << 15U;
constexpr std::uint64_t kTcp = 3;     // binding and connecting
constexpr std::uint64_t kScopes = 3;  // abstract sockets and signals

// Every right on files that a version knows.
std::uint64_t known_rights(int abi) {
  if (abi >= 5) return (kControlDevice << 1U) - 1;
  if (abi >= 3) return (kTruncate << 1U) - 1;
  return abi == 2 ? (kRefer << 1U) - 1 : kRefer - 1;
}

}  // namespace

const std::uint64_t kLandlockFileRights = kExecute | kWriteFile | kReadFile | kTruncate | kControlDevice;

int landlock_abi() {
  const long abi = ::syscall(kernel::kLandlockCreateRuleset, nullptr, 0, kernel::kLandlockVersion);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

kernel::LandlockRuleset landlock_ruleset(int abi, bool network) {
  kernel::LandlockRuleset ruleset;
  ruleset.files = known_rights(abi);
  if (abi >= 4 && !network) ruleset.network = kTcp;
  if (abi >= 6) ruleset.scoped = kScopes;
  return ruleset;
}

std::size_t landlock_ruleset_size(int abi) {
  if (abi >= 6) return sizeof(kernel::LandlockRuleset);
  return abi >= 4 ? offsetof(kernel::LandlockRuleset, scoped) : offsetof(kernel::LandlockRuleset, network);
}

std::uint64_t landlock_rights(Access access, int abi) {
  constexpr std::uint64_t kReading = kExecute | kReadFile | kReadFolder;
  switch (access) {
    case Access::kList: return kReadFolder;
    case Access::kRead: return kReading;
    case Access::kWrite: return known_rights(abi) & ~(kMakeCharacterDevice | kMakeBlockDevice | kControlDevice);
    case Access::kDevice:
      return known_rights(abi) & (kReadFile | kReadFolder | kWriteFile | kTruncate | kControlDevice);
  }
  return 0;
}

}  // namespace weightmark
