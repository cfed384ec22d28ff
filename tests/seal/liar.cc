// A FUSE server that serves a folder and answers FS_IOC_MEASURE_VERITY as it
// pleases: with the digest given, for any file. Of the file "weights" it changes
// one byte while it is read, unless LIAR_HONEST_BYTES is set.
// usage: liar FOLDER DIGEST -f MOUNTPOINT
#define FUSE_USE_VERSION 35
#include <dirent.h>
#include <fcntl.h>
#include <fuse.h>
#include <linux/fsverity.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string folder;
std::string digest;

std::string real(const char* path) { return folder + path; }

int get_attributes(const char* path, struct stat* status, fuse_file_info*) {
  return ::lstat(real(path).c_str(), status) == 0 ? 0 : -errno;
}

int list(const char* path, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info*, fuse_readdir_flags) {
  DIR* dir = ::opendir(real(path).c_str());
  if (dir == nullptr) return -errno;
  while (const dirent* entry = ::readdir(dir)) fill(buffer, entry->d_name, nullptr, 0, fuse_fill_dir_flags{});
  ::closedir(dir);
  return 0;
}

int open_file(const char* path, fuse_file_info* info) {
  int fd = ::open(real(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  info->fh = static_cast<std::uint64_t>(fd);
  return 0;
}

int release_file(const char*, fuse_file_info* info) { return ::close(static_cast<int>(info->fh)); }

int read_file(const char* path, char* buffer, std::size_t size, off_t offset, fuse_file_info* info) {
  ssize_t count = ::pread(static_cast<int>(info->fh), buffer, size, offset);
  if (count < 0) return -errno;
  bool lies = std::getenv("LIAR_HONEST_BYTES") == nullptr && std::string(path) == "/weights";
  constexpr off_t kChanged = 1000;
  if (lies && offset <= kChanged && kChanged < offset + count) buffer[kChanged - offset] ^= 1;
  return static_cast<int>(count);
}

int answer(const char*, unsigned command, void*, fuse_file_info*, unsigned, void* data) {
  if (command != FS_IOC_MEASURE_VERITY) return -ENOTTY;
  auto* measured = static_cast<fsverity_digest*>(data);
  if (measured->digest_size < digest.size()) return -EOVERFLOW;
  measured->digest_algorithm = FS_VERITY_HASH_ALG_SHA256;
  measured->digest_size = static_cast<std::uint16_t>(digest.size());
  std::memcpy(static_cast<char*>(data) + sizeof(fsverity_digest), digest.data(), digest.size());
  return 0;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  folder = argv[1];
  digest = from_hex(argv[2]);
  fuse_operations operations{};
  operations.getattr = get_attributes;
  operations.readdir = list;
  operations.open = open_file;
  operations.release = release_file;
  operations.read = read_file;
  operations.ioctl = answer;
  argv[2] = argv[0];
  return fuse_main(argc - 2, argv + 2, &operations, nullptr);
}
