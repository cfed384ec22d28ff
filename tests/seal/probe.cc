// What the tests of sealing need beside the command, linked statically so that it
// runs in an otherwise empty system: the kernel's own answers, without ours.
//   measure FILE               prints ALGORITHM:HEX of its fs-verity digest
//   enable FILE ALGORITHM SALT seals it with parameters of the test's choice
//   write FILE                 opens it for writing
//   read FILE                  reads all of it
//   offset FILE BYTE           prints where on its device that byte lies
//   flip FILE BYTE             inverts every bit of one byte
//   append-only FILE           lets the file only grow
//   answer TEXT COMMAND...     runs it on a terminal of its own and types TEXT when
//                              asked to, but runs the command in $PROBE_FIRST before
// What fails prints the name of its errno, such as EPERM, and exits with 1.
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

int fail() {
  std::puts(strerrorname_np(errno));
  return 1;
}

int measure(int fd) {
  alignas(fsverity_digest) std::array<std::uint8_t, sizeof(fsverity_digest) + 64> buffer{};
  auto* digest = reinterpret_cast<fsverity_digest*>(buffer.data());
  digest->digest_size = 64;
  if (::ioctl(fd, FS_IOC_MEASURE_VERITY, digest) != 0) return fail();
  std::printf("%d:", digest->digest_algorithm);
  for (std::size_t i = 0; i < digest->digest_size; ++i) std::printf("%02x", buffer[sizeof(fsverity_digest) + i]);
  std::puts("");
  return 0;
}

int enable(int fd, const std::string& algorithm, const std::string& salt) {
  fsverity_enable_arg request{};
  request.version = 1;
  request.hash_algorithm = static_cast<std::uint32_t>(std::stoul(algorithm));
  request.block_size = 4096;
  request.salt_size = static_cast<std::uint32_t>(salt.size());
  request.salt_ptr = reinterpret_cast<std::uintptr_t>(salt.data());
  return ::ioctl(fd, FS_IOC_ENABLE_VERITY, &request) == 0 ? 0 : fail();
}

int read_all(int fd) {
  std::vector<char> buffer(65536);
  for (ssize_t count = 1; count != 0;)
    if ((count = ::read(fd, buffer.data(), buffer.size())) < 0) return fail();
  return 0;
}

int offset(int fd, std::uint64_t byte) {
  alignas(fiemap) std::array<std::uint8_t, sizeof(fiemap) + sizeof(fiemap_extent)> buffer{};
  auto* map = reinterpret_cast<fiemap*>(buffer.data());
  map->fm_start = byte;
  map->fm_length = 1;
  map->fm_flags = FIEMAP_FLAG_SYNC;
  map->fm_extent_count = 1;
  if (::ioctl(fd, FS_IOC_FIEMAP, map) != 0) return fail();
  if (map->fm_mapped_extents != 1) return std::puts("hole"), 1;
  const auto* extent = reinterpret_cast<const fiemap_extent*>(buffer.data() + sizeof(fiemap));
  std::printf("%llu\n", extent->fe_physical + byte - extent->fe_logical);
  return 0;
}

int flip(int fd, std::uint64_t byte) {
  std::uint8_t value = 0;
  if (::pread(fd, &value, 1, static_cast<off_t>(byte)) != 1) return fail();
  value = static_cast<std::uint8_t>(~value);
  return ::pwrite(fd, &value, 1, static_cast<off_t>(byte)) == 1 && ::fsync(fd) == 0 ? 0 : fail();
}

int make_append_only(int fd) {
  int flags = FS_APPEND_FL;
  return ::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0 ? 0 : fail();
}

// answer types when it is asked to, so that the text is not lost in between.
int answer(std::string text, char** command) {
  int terminal = -1;
  pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::execvp(command[0], command);
    ::_exit(127);
  }
  text += "\n";
  std::string seen;
  bool typed = false;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(terminal, buffer.data(), buffer.size())) > 0;) {
    seen.append(buffer.data(), static_cast<std::size_t>(count));
    if (typed || seen.find("Type yes") == std::string::npos) continue;
    if (const char* first = std::getenv("PROBE_FIRST")) (void)!std::system(first);
    typed = ::write(terminal, text.data(), text.size()) > 0;
  }
  std::fputs(seen.c_str(), stdout);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

int with_file(int argc, char** argv) {
  std::string verb = argv[1];
  std::string first = argc > 3 ? argv[3] : "0";
  int flags = verb == "write" ? O_WRONLY : verb == "flip" ? O_RDWR : O_RDONLY;
  int fd = ::open(argv[2], flags | O_CLOEXEC);
  if (fd < 0) return fail();
  if (verb == "measure") return measure(fd);
  if (verb == "enable") return enable(fd, first, argc > 4 ? argv[4] : "");
  if (verb == "read") return read_all(fd);
  if (verb == "offset") return offset(fd, std::stoull(first));
  if (verb == "flip") return flip(fd, std::stoull(first));
  if (verb == "append-only") return make_append_only(fd);
  return verb == "write" ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  if (std::string(argv[1]) == "answer") return argc > 3 ? answer(argv[2], argv + 3) : 2;
  return with_file(argc, argv);
}
