// The mounts that a process sees (proc_pid_mountinfo(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weightmark/error.h"

namespace weightmark {

struct MountedPlace {
  std::string path;        // where it is mounted, as the process sees it
  std::string type;        // of file system, such as "ext4"
  bool read_only = false;  // this mount, whatever the file system is

  bool operator==(const MountedPlace&) const = default;
};

// parse_mount_table reads the text of /proc/PID/mountinfo.
// Errors: internal, if a line is not as the kernel writes it.
Result<std::vector<MountedPlace>> parse_mount_table(std::string_view text);

// holds_files says whether a type of file system may hold files that somebody put there;
// not so those in which the kernel shows itself, such as proc.
bool holds_files(const MountedPlace& place);

}  // namespace weightmark
