// Files of trust, such as trusted_root.json: fetched and verified by TUF, or as they
// were when that was done last, or as they came with the program.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "trust/builtin.h"
#include "trust/tuf_updater.h"

namespace weightmark {

// TrustOrigin is how a file of trust was come by.
enum class TrustOrigin {
  kFetched,  // verified by metadata that the repository vouches for now
  kCached,   // verified by metadata of the last time, expired or not
  kBuiltin,  // came with the program
};

// TrustFile is a file and how old it may be.
struct TrustFile {
  std::string text;
  TrustOrigin origin;
  // Until when its repository vouched for it: the expiry of the timestamp, or of the
  // root where it came with the program. Offline this may have passed.
  Time vouched_until;
};

// TrustFiles gives out a repository's files. One of them is good for several.
class TrustFiles {
 public:
  // online asks the repository. `cache` is a folder for what was seen, of any number of
  // repositories; without one, or where it cannot be written, nothing is remembered.
  // The fetchers, of the metadata and of the targets, must live longer.
  // Errors: those of tuf::Updater::refresh.
  static Result<TrustFiles> online(const TufRepository& repository, const std::optional<std::filesystem::path>& cache,
                                   const tuf::Online& source, tuf::Fetcher& targets);

  // offline goes by the cache, all of which is verified again from the anchor on, but
  // for expiry. Where that fails, get() has what came with the program.
  // Errors: what is wrong with the anchor.
  static Result<TrustFiles> offline(const TufRepository& repository, const std::optional<std::filesystem::path>& cache);

  // get returns a target.
  // Errors: those of tuf::Updater::target; offline tuf-not-cached.
  Result<TrustFile> get(std::string_view name);

 private:
  TrustFiles(const TufRepository& repository, const std::optional<std::filesystem::path>& cache);
  Result<TrustFile> get_builtin(std::string_view name) const;

  TufRepository repository_;
  std::unique_ptr<tuf::Store> metadata_;
  std::unique_ptr<tuf::Store> files_;
  std::optional<tuf::Updater> updater_;  // none where only the built-in files are left
  tuf::Fetcher* targets_ = nullptr;      // null offline
};

}  // namespace weightmark
