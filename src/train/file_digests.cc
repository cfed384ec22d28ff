#include "train/file_digests.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <vector>

#include "base/encoding.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"
#include "hash/sha256.h"
#include "model/model_root.h"
#include "model/parallel.h"

namespace weightmark {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20U;

// open_regular does not wait on a pipe that has taken the file's place.
Result<Fd> open_regular(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return std::unexpected(system_error(errno, path, ErrorCode::kReadFailed));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(system_error(errno, path, ErrorCode::kReadFailed));
  if (!S_ISREG(status.st_mode)) return std::unexpected(special_file(status.st_mode, path));
  return file;
}

}  // namespace

Result<std::string> file_sha256(const std::string& path, const WorkOptions& work) {
  WM_TRY(const Fd file, open_regular(path));
  Sha256 hash;
  std::vector<std::uint8_t> piece(kPiece);
  while (true) {
    if (work.is_cancelled()) return refuse(ErrorCode::kInterrupted, "interrupted");
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(system_error(errno, path, ErrorCode::kReadFailed));
    if (count == 0) return to_hex(hash.finish());
    hash.update({piece.data(), static_cast<std::size_t>(count)});
  }
}

Result<std::map<std::string, std::string>> file_digests(const std::vector<std::string>& paths,
                                                        const WorkOptions& work) {
  std::map<std::string, std::string> digests;
  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  run_parallel(thread_count(work, paths.size()), [&] {
    for (std::size_t i = next++; i < paths.size() && !work.is_cancelled(); i = next++) {
      auto digest = file_sha256(paths[i], work);
      if (!digest) continue;
      const std::scoped_lock lock(mutex);
      digests.emplace(paths[i], *std::move(digest));
    }
  });
  if (work.is_cancelled()) return refuse(ErrorCode::kInterrupted, "interrupted");
  return digests;
}

}  // namespace weightmark
