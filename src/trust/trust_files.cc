#include "trust/trust_files.h"

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "trust/percent.h"

namespace weightmark {
namespace {

// Each repository has a folder of its own, named as its address.
std::unique_ptr<tuf::Store> store_in(const std::optional<std::filesystem::path>& cache, const std::string& url,
                                     std::string_view folder) {
  if (!cache) return std::make_unique<tuf::MemoryStore>();
  return std::make_unique<tuf::DirectoryStore>(*cache / percent_encode(url) / folder);
}

}  // namespace

TrustFiles::TrustFiles(const TufRepository& repository, const std::optional<std::filesystem::path>& cache)
    : repository_(repository),
      metadata_(store_in(cache, repository.url, "metadata")),
      files_(store_in(cache, repository.url, "targets")) {}

Result<TrustFiles> TrustFiles::online(const TufRepository& repository,
                                      const std::optional<std::filesystem::path>& cache, const tuf::Online& source,
                                      tuf::Fetcher& targets) {
  TrustFiles files(repository, cache);
  if (auto* folder = dynamic_cast<tuf::DirectoryStore*>(files.metadata_.get())) folder->lock();
  WM_TRY(files.updater_, tuf::Updater::open(repository.anchor, *files.metadata_, source));
  WM_CHECK(files.updater_->refresh());
  files.targets_ = &targets;
  return files;
}

Result<TrustFiles> TrustFiles::offline(const TufRepository& repository,
                                       const std::optional<std::filesystem::path>& cache) {
  TrustFiles files(repository, cache);
  WM_TRY(files.updater_, tuf::Updater::open(repository.anchor, *files.metadata_, std::nullopt));
  if (!files.updater_->refresh()) files.updater_.reset();
  return files;
}

Result<TrustFile> TrustFiles::get(std::string_view name) {
  if (!updater_) return get_builtin(name);
  Result<std::string> text = updater_->target(name, targets_, *files_);
  if (!text && targets_ == nullptr) return get_builtin(name);
  if (!text) return std::unexpected(std::move(text).error());
  const TrustOrigin origin = targets_ != nullptr ? TrustOrigin::kFetched : TrustOrigin::kCached;
  return TrustFile{*std::move(text), origin, updater_->timestamp().expires};
}

Result<TrustFile> TrustFiles::get_builtin(std::string_view name) const {
  const auto found = repository_.builtin.find(name);
  if (found == repository_.builtin.end())
    return refuse(ErrorCode::kTufNotCached, "no usable copy of it here", excerpt(name),
                  "run it once where the network can be reached");
  WM_TRY(const tuf::Metadata<tuf::Root> root, tuf::parse<tuf::Root>(repository_.anchor));
  return TrustFile{std::string(found->second), TrustOrigin::kBuiltin, root.body.expires};
}

}  // namespace weightmark
