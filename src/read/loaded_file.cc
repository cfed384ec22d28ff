#include "read/loaded_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "base/system_calls.h"
#include "base/try.h"
#include "read/verifying_reader.h"

namespace weightmark {
namespace {

// Linux 6.3 and later; without it they print a warning, and earlier ones refuse it.
constexpr unsigned kNoExecutable = 0x0008U;  // MFD_NOEXEC_SEAL

std::unexpected<Error> failed(const VerifyingReader& reader) {
  return std::unexpected(system_error(errno, reader.name(), ErrorCode::kOutOfMemory));
}

// create_memory returns an empty file in memory, whose name only /proc shows.
Fd create_memory() {
  constexpr const char* kName = "weightmark";
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd memory(system_calls::memfd_create(kName, kFlags | kNoExecutable));
  return memory || errno != EINVAL ? std::move(memory) : Fd(system_calls::memfd_create(kName, kFlags));
}

// fill writes what is read. Writing takes whole pages, though one thread at a time. Populating
// a mapping (MADV_POPULATE_WRITE) and reading to it on every thread takes as long: the kernel
// zeroes each page first, and its locks are the same.
Result<void> fill(const Fd& memory, VerifyingReader& reader) {
  return reader.copy_to([&](std::uint64_t offset, ByteView bytes) -> Result<void> {
    while (!bytes.empty()) {
      const ssize_t count = ::pwrite(memory.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed(reader);
      offset += static_cast<std::uint64_t>(count);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
  });
}

Result<Fd> copy(VerifyingReader& reader) {
  Fd memory = create_memory();
  if (!memory || ::ftruncate(memory.get(), static_cast<off_t>(reader.size())) != 0) return failed(reader);
  WM_CHECK(fill(memory, reader));
  if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    return failed(reader);
  return memory;
}

}  // namespace

Result<LoadedFile::Impl> load(VerifyingReader& reader) {
  const bool sealed = reader.coverage() == Coverage::kKernel;
  WM_TRY(Mapping memory, sealed ? Mapping::of_file(reader.descriptor(), reader.size(), reader.name())
                                : Mapping::allocate(reader.size(), reader.name()));
  if (!sealed) WM_CHECK(reader.read(0, memory.bytes()));
  return LoadedFile::Impl{reader.name(), reader.coverage(), std::move(memory)};
}

Result<SealedCopy::Impl> seal_copy(VerifyingReader& reader) {
  SealedCopy::Impl sealed{reader.name(), reader.coverage(), reader.size(), {}};
  if (reader.coverage() == Coverage::kKernel) {
    sealed.file = Fd(::fcntl(reader.descriptor(), F_DUPFD_CLOEXEC, 0));
    if (!sealed.file) return failed(reader);
    return sealed;
  }
  WM_TRY(sealed.file, copy(reader));
  return sealed;
}

LoadedFile::LoadedFile(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

const std::string& LoadedFile::name() const { return impl_->name; }
std::span<std::uint8_t> LoadedFile::bytes() const { return impl_->memory.bytes(); }
Coverage LoadedFile::coverage() const { return impl_->coverage; }

SealedCopy::SealedCopy(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

const std::string& SealedCopy::name() const { return impl_->name; }
std::uint64_t SealedCopy::size() const { return impl_->size; }
int SealedCopy::descriptor() const { return impl_->file.get(); }
std::string SealedCopy::path() const { return fmt::format("/proc/self/fd/{}", descriptor()); }
Coverage SealedCopy::coverage() const { return impl_->coverage; }

}  // namespace weightmark
