// What the kernel tells of files that were opened (fanotify(7)).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/error.h"

namespace weightmark {

// FileHandle names a file or folder of one file system: its number, and what
// open_by_handle_at takes.
struct FileHandle {
  std::string filesystem;  // 8 bytes
  std::string handle;      // struct file_handle
};

// OpenEvent is one event. By handles there are `folder`, `name` and `file`; else an open
// `descriptor`, which is the receiver's to close.
struct OpenEvent {
  bool lost = false;  // some events before this one are missing
  bool executed = false;
  int descriptor = -1;
  std::string_view key;  // equal for equal events; into what was parsed
  FileHandle folder;
  FileHandle file;
  std::string name;
};

// parse_open_events reads what one read() from fanotify gave.
// Errors: internal, if it is not as fanotify(7) says.
Result<std::vector<OpenEvent>> parse_open_events(ByteView bytes);

}  // namespace weightmark
