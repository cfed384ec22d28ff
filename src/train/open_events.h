// What the kernel tells of files that were opened (fanotify(7)).
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// FileHandle names a file or folder of one file system: its number, 8 bytes, and then what
// open_by_handle_at takes (struct file_handle).
struct FileHandle {
  std::string_view bytes;

  std::string_view filesystem() const { return bytes.substr(0, kFilesystemSize); }
  std::string_view handle() const { return bytes.substr(kFilesystemSize); }
  bool empty() const { return bytes.empty(); }

  static constexpr std::size_t kFilesystemSize = 8;
};

// OpenEvent is one event; its texts are views of what was parsed. By handles there are
// `folder`, `name` and `file`; else an open `descriptor`, which is the receiver's to close.
struct OpenEvent {
  bool lost = false;  // some events before this one are missing
  bool executed = false;
  int descriptor = -1;
  std::string_view key;  // equal for equal events
  FileHandle folder;
  FileHandle file;
  std::string_view name;
};

// parse_open_events reads what one read() from fanotify gave.
// Errors: internal, if it is not as fanotify(7) says.
Result<std::vector<OpenEvent>> parse_open_events(ByteView bytes);

}  // namespace weightmark
