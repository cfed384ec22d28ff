// Observing what a confined command opens, by fanotify on every mount that it sees.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/file.h"
#include "train/confinement.h"
#include "train/mount_table.h"
#include "train/open_events.h"

namespace weightmark {

// OpenObserver has two groups of marks. Mounts that are only read are watched by handles: an
// event says in which folder of which file system which name was opened, and a folder is
// looked up once. Where files may be renamed and removed meanwhile, or handles lead
// nowhere, an event brings the open file itself, which costs more.
class OpenObserver {
 public:
  // open asks the kernel for both groups.
  // Errors: confinement-unavailable, without CAP_SYS_ADMIN or fanotify.
  static Result<OpenObserver> open();

  // watch marks every mount that the process `first` sees, but for `temporary` places and
  // those that hold no files. A mount that cannot be marked is a gap.
  // Errors: confinement-unavailable.
  Result<void> watch(pid_t first, const std::vector<std::string>& temporary);

  // What descriptors are ready to be read from when there are events: of files that may be
  // written, which should be taken at once, and of those that are only read, which can wait.
  int written_descriptor() const { return by_file_.get(); }
  int read_descriptor() const { return by_handle_.get(); }

  // They take all events that are there. What goes wrong is a gap.
  void take_written() { take_from(by_file_); }
  void take_read() { take_from(by_handle_); }

  // opened hands over what was opened, sorted, each once.
  std::vector<OpenedFile> opened();
  std::uint64_t dropped() const { return dropped_; }
  const std::vector<std::string>& gaps() const { return gaps_; }

 private:
  // Hash finds texts by views of them.
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard library's
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  using Texts = std::unordered_set<std::string, Hash, std::equal_to<>>;

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
  void gap(std::string what);
  const std::string& folder_path(const FileHandle& folder);
  std::string find_folder(const FileHandle& folder) const;
  bool is_at(const std::string& path, const struct stat& status) const;
  Fd open_handle(const Watched& watched, const FileHandle& handle) const;

  Fd by_handle_;
  Fd by_file_;
  Fd root_;    // the command's
  Fd mounts_;  // its mount namespace, which keeps the mounts in place
  std::vector<std::uint8_t> buffer_;
  std::vector<Watched> watched_;
  Texts seen_;  // events that came before
  Texts run_;   // the same for files that were run
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> folders_;
  std::vector<OpenedFile> opened_;  // some of them twice
  std::uint64_t dropped_ = 0;
  std::vector<std::string> gaps_;
};

}  // namespace weightmark
