#include "train/open_events.h"

#include <cstring>

#include "base/refuse.h"
#include "base/try.h"
#include "train/kernel_interface.h"

namespace weightmark {
namespace {

constexpr std::size_t kHandleHead = 8;  // its size and its type
constexpr std::size_t kHead = FileHandle::kFilesystemSize + kHandleHead;

std::unexpected<Error> malformed() {
  return refuse(ErrorCode::kInternal, "an event of fanotify is not as the kernel writes it");
}

// take copies a structure from the beginning of the bytes.
template <class T>
bool take(ByteView bytes, T& out) {
  if (bytes.size() < sizeof out) return false;
  std::memcpy(&out, bytes.data(), sizeof out);
  return true;
}

// read_record reads a file system's number, a handle, and for folders a name, which ends
// with a zero byte.
Result<void> read_record(ByteView bytes, FileHandle& handle, std::string_view* name) {
  std::uint32_t size = 0;
  if (bytes.size() < kHead || !take(bytes.subspan(FileHandle::kFilesystemSize), size) || size > bytes.size() - kHead)
    return malformed();
  handle.bytes = as_text(bytes.first(kHead + size));
  if (name == nullptr) return {};
  const std::string_view rest = as_text(bytes.subspan(kHead + size));
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return malformed();
  *name = rest.substr(0, end);
  return {};
}

Result<void> read_records(ByteView bytes, OpenEvent& event) {
  while (!bytes.empty()) {
    kernel::FanotifyInfo info{};
    if (!take(bytes, info) || info.length < sizeof info || info.length > bytes.size()) return malformed();
    const ByteView record = bytes.subspan(sizeof info, info.length - sizeof info);
    if (info.type == kernel::kFanInfoDirFidName) WM_CHECK(read_record(record, event.folder, &event.name));
    if (info.type == kernel::kFanInfoFid) WM_CHECK(read_record(record, event.file, nullptr));
    bytes = bytes.subspan(info.length);
  }
  return {};
}

}  // namespace

Result<std::vector<OpenEvent>> parse_open_events(ByteView bytes) {
  std::vector<OpenEvent> out;
  while (!bytes.empty()) {
    kernel::FanotifyEvent head{};
    if (!take(bytes, head) || head.version != kernel::kFanVersion || head.metadata_length < sizeof head ||
        head.length < head.metadata_length || head.length > bytes.size())
      return malformed();
    const ByteView records = bytes.subspan(head.metadata_length, head.length - head.metadata_length);
    OpenEvent event;
    event.lost = (head.mask & kernel::kFanOverflow) != 0;
    event.executed = (head.mask & kernel::kFanOpenExec) != 0;
    event.descriptor = head.fd;
    event.key = as_text(records);
    if (!event.lost) WM_CHECK(read_records(records, event));
    out.push_back(event);
    bytes = bytes.subspan(head.length);
  }
  return out;
}

}  // namespace weightmark
