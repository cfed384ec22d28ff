#include "host/lock_file.h"

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "weightmark.lock";
constexpr std::uint64_t kMaxSize = std::uint64_t{16} << 20U;

// is_beneath says whether a folder is another one or below it, links resolved.
bool is_beneath(const fs::path& folder, const fs::path& above) {
  std::error_code failed;
  const fs::path inner = fs::weakly_canonical(folder, failed);
  const fs::path outer = fs::weakly_canonical(above, failed);
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

// The XDG base directory specification: a relative path does not count.
std::optional<fs::path> configuration_folder() {
  const char* folder = std::getenv("XDG_CONFIG_HOME");
  if (folder != nullptr && fs::path(folder).is_absolute()) return fs::path(folder) / "weightmark";
  const char* home = std::getenv("HOME");
  if (home == nullptr || !fs::path(home).is_absolute()) return std::nullopt;
  return fs::path(home) / ".config" / "weightmark";
}

// call strips "./" and the slash at the end: `model`, `./model` and `model/` are one.
std::string call(const fs::path& model) {
  fs::path name = model.lexically_normal();
  if (!name.has_filename()) name = name.parent_path();
  return name.empty() ? "." : name.native();
}

// A lock of the whole user has no current folder to start from.
std::string call_from_anywhere(const fs::path& model) {
  std::error_code failed;
  const fs::path absolute = fs::absolute(model, failed);
  return call(failed ? model : absolute);
}

// In a model a lock would be its publisher's own.
std::optional<fs::path> local_lock(const fs::path& model) {
  std::error_code failed;
  const fs::path here = fs::current_path(failed);
  if (failed || is_beneath(here, model)) return std::nullopt;
  return kName;
}

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed) || failed;
}

}  // namespace

Result<void> LockFiles::read(Place& place) {
  if (!is_there(place.path)) return {};
  WM_TRY(const std::string text, read_file(place.path, kMaxSize));
  auto lock = Lock::parse(text);
  if (!lock) {
    std::string& subject = lock.error().subject;
    subject = place.path.native() + (subject.empty() ? "" : ": " + subject);
    return std::unexpected(std::move(lock).error());
  }
  place.lock = *std::move(lock);
  return {};
}

Result<LockFiles> LockFiles::open(const std::string& named, const fs::path& model) {
  LockFiles files;
  if (!named.empty()) {
    files.places_.push_back({named, call(model)});
  } else {
    if (const auto local = local_lock(model)) files.places_.push_back({*local, call(model)});
    if (const auto folder = configuration_folder())
      files.places_.push_back({*folder / kName, call_from_anywhere(model)});
  }
  for (Place& place : files.places_) WM_CHECK(read(place));
  return files;
}

std::optional<Pin> LockFiles::pin() const {
  const auto found = std::ranges::find_if(places_, &Place::has_pin);
  return found == places_.end() ? std::nullopt : std::optional<Pin>(found->lock.models.at(found->key));
}

Result<fs::path> LockFiles::remember(const Pin& pin) {
  auto found = std::ranges::find_if(places_, &Place::has_pin);
  if (found == places_.end()) found = places_.begin();
  if (found == places_.end())
    return refuse(ErrorCode::kUsage, "there is no place for a lock: neither HOME nor XDG_CONFIG_HOME is set", {},
                  "name one with --lock");
  found->lock.models[found->key] = pin;
  std::error_code failed;
  if (found->path.has_parent_path()) fs::create_directories(found->path.parent_path(), failed);
  WM_CHECK(write_file_atomically(found->path, as_bytes(found->lock.write())));
  return found->path;
}

}  // namespace weightmark
