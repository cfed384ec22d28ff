#include "train/standard_descriptors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace weightmark {
namespace {

bool is_null(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);  // Linux's list of devices
}

}  // namespace

std::string describe_descriptor(int descriptor) {
  struct stat status{};
  const int flags = ::fcntl(descriptor, F_GETFD);
  if (flags < 0 || (flags & FD_CLOEXEC) != 0) return "null";  // not the command's
  if (::fstat(descriptor, &status) != 0 || is_null(status)) return "null";
  if (::isatty(descriptor) == 1) return "terminal";
  if (S_ISFIFO(status.st_mode)) return "pipe";
  if (S_ISREG(status.st_mode)) return "file";
  return S_ISSOCK(status.st_mode) ? "socket" : "device";
}

std::vector<std::string> ways_in() {
  constexpr std::pair<int, const char*> kNames[] = {
      {STDIN_FILENO, "standard input"}, {STDOUT_FILENO, "standard output"}, {STDERR_FILENO, "standard error"}};
  std::vector<std::string> out;
  for (const auto& [descriptor, name] : kNames) {
    const std::string kind = describe_descriptor(descriptor);
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (kind == "null" || kind == "terminal" || (flags & O_ACCMODE) == O_WRONLY) continue;
    out.push_back(fmt::format("{} is a {} that can be read from", name, kind));
  }
  return out;
}

}  // namespace weightmark
