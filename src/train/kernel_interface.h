// What Linux takes and gives, where the headers of old systems do not have it: numbers,
// flags and structures of system calls since 5.1, and some before. The numbers are the same
// on every architecture (linux/include/uapi/asm-generic/unistd.h).
#pragma once

#include <cstdint>

namespace weightmark::kernel {

// --- system calls

inline constexpr long kIoUringSetup = 425;
inline constexpr long kIoUringEnter = 426;
inline constexpr long kIoUringRegister = 427;
inline constexpr long kOpenTree = 428;
inline constexpr long kMoveMount = 429;
inline constexpr long kFsOpen = 430;
inline constexpr long kFsMount = 432;
inline constexpr long kFsPick = 433;
inline constexpr long kClone3 = 435;
inline constexpr long kCloseRange = 436;
inline constexpr long kMountSetattr = 442;
inline constexpr long kLandlockCreateRuleset = 444;
inline constexpr long kLandlockAddRule = 445;
inline constexpr long kLandlockRestrictSelf = 446;
inline constexpr long kOpenTreeAttr = 467;

// --- mounts (linux/mount.h)

inline constexpr unsigned kOpenTreeClone = 1;               // OPEN_TREE_CLONE
inline constexpr unsigned kOpenTreeCloseOnExec = 02000000;  // OPEN_TREE_CLOEXEC, which is O_CLOEXEC
inline constexpr unsigned kRecursive = 0x8000;              // AT_RECURSIVE
inline constexpr unsigned kEmptyPath = 0x1000;              // AT_EMPTY_PATH
inline constexpr unsigned kMoveFromEmptyPath = 4;           // MOVE_MOUNT_F_EMPTY_PATH
inline constexpr std::uint64_t kMountReadOnly = 1;          // MOUNT_ATTR_RDONLY
inline constexpr std::uint64_t kMountNoSetuid = 2;          // MOUNT_ATTR_NOSUID

struct MountAttributes {  // struct mount_attr
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  std::uint64_t propagation = 0;
  std::uint64_t user_namespace = 0;
};

// --- namespaces (linux/sched.h)

inline constexpr unsigned long kNewMounts = 0x00020000;
inline constexpr unsigned long kNewIpc = 0x08000000;
inline constexpr unsigned long kNewUsers = 0x10000000;
inline constexpr unsigned long kNewProcesses = 0x20000000;
inline constexpr unsigned long kNewNetwork = 0x40000000;
// Every flag of clone that makes a namespace; unshare has one more, for time.
inline constexpr std::uint32_t kAnyNamespace = 0x7E020000;
inline constexpr std::uint32_t kNewTime = 0x00000080;

// --- Landlock (linux/landlock.h)

inline constexpr unsigned kLandlockVersion = 1;  // LANDLOCK_CREATE_RULESET_VERSION
inline constexpr int kLandlockPathBeneath = 1;   // LANDLOCK_RULE_PATH_BENEATH

struct LandlockRuleset {  // struct landlock_ruleset_attr
  std::uint64_t files = 0;
  std::uint64_t network = 0;  // since version 4
  std::uint64_t scoped = 0;   // since version 6
};

struct LandlockPathBeneath {  // struct landlock_path_beneath_attr
  std::uint64_t allowed;
  std::int32_t parent;
} __attribute__((packed));

// --- fanotify (linux/fanotify.h)

inline constexpr unsigned kFanCloseOnExec = 0x1;
inline constexpr unsigned kFanNonblock = 0x2;
inline constexpr unsigned kFanUnlimitedQueue = 0x10;
inline constexpr unsigned kFanUnlimitedMarks = 0x20;
inline constexpr unsigned kFanReportFid = 0x200;
inline constexpr unsigned kFanReportDirFid = 0x400;
inline constexpr unsigned kFanReportName = 0x800;
inline constexpr unsigned kFanMarkAdd = 0x1;
inline constexpr unsigned kFanMarkMount = 0x10;
inline constexpr std::uint64_t kFanOpen = 0x20;
inline constexpr std::uint64_t kFanOpenExec = 0x1000;
inline constexpr std::uint64_t kFanOverflow = 0x4000;
inline constexpr std::uint8_t kFanVersion = 3;
inline constexpr std::uint8_t kFanInfoFid = 1;
inline constexpr std::uint8_t kFanInfoDirFidName = 2;

struct FanotifyEvent {  // struct fanotify_event_metadata
  std::uint32_t length;
  std::uint8_t version;
  std::uint8_t reserved;
  std::uint16_t metadata_length;
  std::uint64_t mask;
  std::int32_t fd;
  std::int32_t pid;
};

struct FanotifyInfo {  // struct fanotify_event_info_header
  std::uint8_t type;
  std::uint8_t reserved;
  std::uint16_t length;
};

}  // namespace weightmark::kernel
