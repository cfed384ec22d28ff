#include "trust/tuf_store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <thread>

#include "trust/tuf_metadata.h"

namespace weightmark::tuf {
namespace {

constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(10);
constexpr std::chrono::milliseconds kPause{50};

void make_folder(const std::filesystem::path& folder) {
  std::error_code ignored;  // what cannot be made cannot be written to, which is told then
  std::filesystem::create_directories(folder, ignored);
}

}  // namespace

std::optional<std::string> MemoryStore::get(std::string_view name) {
  const auto found = texts_.find(name);
  return found != texts_.end() ? std::optional(found->second) : std::nullopt;
}

void MemoryStore::put(std::string_view name, std::string_view text) {
  texts_.insert_or_assign(std::string(name), std::string(text));
}

void DirectoryStore::lock() {
  make_folder(folder_);
  // A folder can be locked as a file can, and by who may only read it.
  lock_ = Fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (auto waited = std::chrono::milliseconds(0); lock_ && waited < kPatience; waited += kPause) {
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return;
    std::this_thread::sleep_for(kPause);
  }
}

std::optional<std::string> DirectoryStore::get(std::string_view name) {
  if (std::optional<std::string> text = unwritten_.get(name)) return text;
  Result<std::string> text = read_file(folder_ / name, kMaxTarget);
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

void DirectoryStore::put(std::string_view name, std::string_view text) {
  const std::filesystem::path path = folder_ / name;
  make_folder(path.parent_path());
  if (!write_file_atomically(path, as_bytes(text))) unwritten_.put(name, text);
}

}  // namespace weightmark::tuf
