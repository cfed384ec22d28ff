// Ending processes without a namespace of them: whoever's parent dies comes to us, so
// ending children until there are none ends all.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "train/inside.h"

namespace weightmark {
namespace {

struct Entry {  // struct linux_dirent64
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t kNameAt = 19;  // the name follows at once

constexpr int kDecimal = 10;

// number reads digits, and returns -1 where there are none.
int number(const char*& text) {
  if (*text < '0' || *text > '9') return -1;
  int value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * kDecimal + (*text - '0');
  return value;
}

// parent_of is the parent of a process by its name in /proc, -1 if it cannot be told
// (proc_pid_stat(5)): the fourth field, after a name in brackets that may hold anything.
int parent_of(int proc, const char* name) {
  std::array<char, 64> path{};
  const std::size_t size = std::strlen(name);
  if (size + sizeof "/stat" > path.size()) return -1;
  std::memcpy(path.data(), name, size);
  std::memcpy(path.data() + size, "/stat", sizeof "/stat");
  const int file = ::openat(proc, path.data(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  std::array<char, 512> text{};
  const ssize_t count = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  if (count <= 0) return -1;
  const char* at = std::strrchr(text.data(), ')');
  if (at == nullptr || std::strlen(at) < sizeof ") S 1" - 1) return -1;
  at += sizeof ") S " - 1;
  return number(at);
}

void kill_children(int proc, int self) {
  alignas(Entry) std::array<char, 16384> entries{};
  ::lseek(proc, 0, SEEK_SET);
  long size = 0;
  while ((size = ::syscall(SYS_getdents64, proc, entries.data(), entries.size())) > 0)
    for (long at = 0; at < size;) {
      Entry entry{};
      std::memcpy(&entry, entries.data() + at, kNameAt);
      const char* name = entries.data() + at + kNameAt;
      const char* end = name;
      const int process = number(end);
      if (process > 0 && *end == '\0' && parent_of(proc, name) == self) ::kill(process, SIGKILL);
      at += entry.length;
    }
}

}  // namespace

void kill_descendants() {
  const int proc = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int self = static_cast<int>(::syscall(SYS_getpid));
  while (true) {
    kill_children(proc, self);
    pid_t child = 0;
    while ((child = ::waitpid(-1, nullptr, WNOHANG)) > 0) {}
    if (child < 0 && errno == ECHILD) break;
    constexpr timespec kMoment{0, 1000000};
    ::nanosleep(&kMoment, nullptr);
  }
  ::close(proc);
}

}  // namespace weightmark
