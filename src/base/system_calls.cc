#include "base/system_calls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

namespace weightmark::system_calls {
namespace {

statx_timestamp timestamp(const timespec& time) {
  statx_timestamp out{};
  out.tv_sec = time.tv_sec;
  out.tv_nsec = static_cast<decltype(out.tv_nsec)>(time.tv_nsec);
  return out;
}

int statx_by_fstat(int fd, struct ::statx& status) {
  struct stat old{};
  if (::fstat(fd, &old) != 0) return -1;
  status = {};
  status.stx_dev_major = major(old.st_dev);
  status.stx_dev_minor = minor(old.st_dev);
  status.stx_ino = old.st_ino;
  status.stx_mode = static_cast<decltype(status.stx_mode)>(old.st_mode);
  status.stx_size = static_cast<decltype(status.stx_size)>(old.st_size);
  status.stx_mtime = timestamp(old.st_mtim);
  status.stx_ctime = timestamp(old.st_ctim);
  return 0;
}

}  // namespace

ssize_t getrandom(void* buffer, std::size_t size) { return ::syscall(SYS_getrandom, buffer, size, 0U); }

int memfd_create(const char* name, unsigned flags) {
  return static_cast<int>(::syscall(SYS_memfd_create, name, flags));
}

int statx(int fd, struct ::statx& status) {
  const long result = ::syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status);
  return result != 0 && errno == ENOSYS ? statx_by_fstat(fd, status) : static_cast<int>(result);
}

}  // namespace weightmark::system_calls
