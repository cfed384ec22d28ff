// Landlock: what a process and those that it makes may do with files, to which a kernel
// without any right of ours holds them (landlock(7)).
#pragma once

#include <cstdint>

#include "train/kernel_interface.h"
#include "train/view.h"

namespace weightmark {

// landlock_abi is the version that this kernel has, 0 if none.
int landlock_abi();

// landlock_ruleset is what a version of Landlock is asked to watch over: all that it knows
// of files; sockets and signals across the border; TCP where there is to be no network.
kernel::LandlockRuleset landlock_ruleset(int abi, bool network);

// landlock_ruleset_size is the size of that structure as the version knows it.
std::size_t landlock_ruleset_size(int abi);

// landlock_rights are the bits that a version has for what a rule permits on a folder. On
// a file only those hold that are in kLandlockFileRights.
std::uint64_t landlock_rights(Access access, int abi);

extern const std::uint64_t kLandlockFileRights;

}  // namespace weightmark
