#include "read/mapping.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/refuse.h"
#include "base/try.h"

namespace weightmark {

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Mapping::Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

Result<Mapping> Mapping::map(int flags, int descriptor, std::uint64_t size, std::string_view what) {
  if (size == 0) return Mapping();
  void* begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, descriptor, 0);
  if (begin == MAP_FAILED)
    return refuse(ErrorCode::kOutOfMemory, fmt::format("{} bytes cannot be held: {}", size, std::strerror(errno)),
                  std::string(what), "free some memory, or read a part at a time");
  return Mapping({static_cast<std::uint8_t*>(begin), size});
}

Result<Mapping> Mapping::allocate(std::uint64_t size, std::string_view what) {
  WM_TRY(Mapping memory, map(MAP_PRIVATE | MAP_ANONYMOUS, -1, size, what));
  // Zeroing pages of 4 KiB one by one costs more than hashing what goes there. Where the
  // system has no large ones, so be it.
  if (size > 0) ::madvise(memory.bytes_.data(), size, MADV_HUGEPAGE);
  return memory;
}

Result<Mapping> Mapping::of_file(int descriptor, std::uint64_t size, std::string_view what) {
  return map(MAP_PRIVATE, descriptor, size, what);
}

}  // namespace weightmark
