// Observing what a confined command opens, by fanotify on every mount that it sees.
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "train/confinement.h"
#include "train/mount_table.h"
#include "train/open_events.h"

namespace weightmark {

// Observer has two groups of marks. Mounts that are only read are watched by handles: an
// event says in which folder of which file system which name was opened, and a folder is
// looked up once. Where files may be renamed and removed meanwhile, or handles lead
// nowhere, an event brings the open file itself, which costs more.
class Observer {
 public:
  // open asks the kernel for both groups.
  // Errors: confinement-unavailable, without CAP_SYS_ADMIN or fanotify.
  static Result<Observer> open();

  // watch marks every mount that the process `first` sees, but for `temporary` places and
  // those that hold no files. A mount that cannot be marked is a gap.
  // Errors: confinement-unavailable.
  Result<void> watch(pid_t first, const std::vector<std::string>& temporary);

  // descriptors are ready to be read from when there are events.
  std::vector<int> descriptors() const { return {by_handle_.get(), by_file_.get()}; }

  // take_events takes all that is there. What goes wrong is a gap.
  void take_events();

  std::vector<OpenedFile> opened() const;
  std::uint64_t dropped() const { return dropped_; }
  const std::vector<std::string>& gaps() const { return gaps_; }

 private:
  struct Watched {
    Fd folder;
    std::string filesystem;
  };

  bool watch_by_handle(const MountedPlace& place);
  bool watch_by_file(const MountedPlace& place);
  void take_from(const Fd& group);
  void take(const OpenEvent& event);
  void take_file(const OpenEvent& event);
  void take_handles(const OpenEvent& event);
  void note(std::string path, bool executed, dev_t device, ino_t inode);
  void gap(std::string what);
  const std::string& folder_path(const FileHandle& folder);
  std::string find_folder(const FileHandle& folder) const;
  bool is_at(const std::string& path, const struct stat& status) const;
  Fd open_handle(const Watched& watched, const FileHandle& handle) const;

  Fd by_handle_;
  Fd by_file_;
  Fd root_;    // the command's
  Fd mounts_;  // its mount namespace, which keeps the mounts in place
  std::vector<Watched> watched_;
  std::unordered_set<std::string> seen_;
  std::unordered_map<std::string, std::string> folders_;
  std::map<std::tuple<std::string, dev_t, ino_t>, bool> opened_;
  std::uint64_t dropped_ = 0;
  std::vector<std::string> gaps_;
};

}  // namespace weightmark
