#include "host/trust_source.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/json_document.h"
#include "base/try.h"
#include "host/clock.h"
#include "host/network.h"
#include "net/http_fetcher.h"
#include "trust/builtin.h"
#include "trust/trust_files.h"
#include "trust/trusted_root.h"

namespace weightmark {
namespace {

// named prefixes an error with the file that it is about.
template <class T>
Result<T> named(Result<T> result, const std::string& file) {
  if (!result) result.error().subject = result.error().subject.empty() ? file : file + ": " + result.error().subject;
  return result;
}

// A ClientTrustConfig has the root in it, and what to sign with (sigstore_trustroot.proto).
Result<std::string> part_of_config(const std::string& text, std::string_view member, ErrorCode malformed) {
  WM_TRY(JsonDocument document, JsonDocument::parse(text));
  WM_TRY(JsonView part, document.root(malformed).member(member));
  return write_json(part.json());
}

Result<TrustSource> load_root(const std::string& path) {
  WM_TRY(std::string text, read_file(path, kMaxTrustedRoot));
  return TrustSource{std::move(text), path, std::nullopt};
}

Result<TrustSource> load_config(const std::string& path) {
  WM_TRY(std::string config, read_file(path, kMaxTrustedRoot));
  WM_TRY(std::string text, named(part_of_config(config, "trustedRoot", ErrorCode::kTrustedRootMalformed), path));
  return TrustSource{std::move(text), path, std::nullopt};
}

Result<std::string> load_config_for_signing(const std::string& path) {
  WM_TRY(std::string config, read_file(path, kMaxTrustedRoot));
  return named(part_of_config(config, "signingConfig", ErrorCode::kSigningConfigMalformed), path);
}

std::string_view describe_origin(TrustOrigin origin) {
  switch (origin) {
    case TrustOrigin::kFetched: return "asked now";
    case TrustOrigin::kCached: return "as it was verified last";
    case TrustOrigin::kBuiltin: break;
  }
  return "as it came with this program";
}

// cache_folder is where what TUF verified is remembered; none without a home.
std::optional<std::filesystem::path> cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && std::filesystem::path(cache).is_absolute())
    return std::filesystem::path(cache) / "weightmark" / "tuf";
  const char* home = std::getenv("HOME");
  if (home == nullptr || !std::filesystem::path(home).is_absolute()) return std::nullopt;
  return std::filesystem::path(home) / ".cache" / "weightmark" / "tuf";
}

// Each has the files of those names, in their order.
Result<std::vector<TrustFile>> get_all(TrustFiles& files, std::initializer_list<std::string_view> names) {
  std::vector<TrustFile> all;
  for (const std::string_view name : names) {
    WM_TRY(TrustFile file, files.get(name));
    all.push_back(std::move(file));
  }
  return all;
}

Result<std::vector<TrustFile>> fetch(const TufRepository& repository, std::initializer_list<std::string_view> names,
                                     const Stop& stop) {
  const auto client = make_http_client(environment_settings(stop));
  HttpFetcher metadata(*client, repository.url);
  HttpFetcher targets(*client, repository.url + "/targets");
  auto files = TrustFiles::online(repository, cache_folder(), {&metadata, now()}, targets);
  if (!files && files.error().hint.empty())
    files.error().hint = "without a network: --offline goes by what was verified last, or came with the program";
  if (!files) return std::unexpected(std::move(files).error());
  return get_all(*files, names);
}

Result<std::vector<TrustFile>> recall(const TufRepository& repository, std::initializer_list<std::string_view> names) {
  WM_TRY(TrustFiles files, TrustFiles::offline(repository, cache_folder()));
  return get_all(files, names);
}

TrustSource source_of(TrustFile file, const TufRepository& repository) {
  return {std::move(file.text), fmt::format("{}, {}", repository.url, describe_origin(file.origin)),
          file.vouched_until};
}

TufRepository repository(const TrustPlaces& places) {
  return builtin_repository(places.staging ? SigstoreInstance::kStaging : SigstoreInstance::kPublicGood);
}

Result<SigningSource> load_from_repository(const TrustPlaces& places, const Stop& stop) {
  const TufRepository from = repository(places);
  WM_TRY(auto files, fetch(from, {kTrustedRoot, kSigningConfig}, stop));
  return SigningSource{source_of(std::move(files.front()), from), std::move(files.back().text)};
}

}  // namespace

Result<TrustSource> load_trust(const TrustPlaces& places, const Stop& stop) {
  if (!places.trusted_root.empty()) return load_root(places.trusted_root);
  if (!places.trust_config.empty()) return load_config(places.trust_config);
  const TufRepository from = repository(places);
  WM_TRY(auto files, places.offline ? recall(from, {kTrustedRoot}) : fetch(from, {kTrustedRoot}, stop));
  return source_of(std::move(files.front()), from);
}

Result<SigningSource> load_for_signing(const TrustPlaces& places, const Stop& stop) {
  if (places.trusted_root.empty() && places.trust_config.empty()) return load_from_repository(places, stop);
  WM_TRY(TrustSource root, load_trust(places, stop));
  WM_TRY(std::string config, places.trust_config.empty() ? read_file(places.signing_config, kMaxTrustedRoot)
                                                         : load_config_for_signing(places.trust_config));
  return SigningSource{std::move(root), std::move(config)};
}

Result<TrustedRoot> parse_root(const TrustSource& source) {
  WM_TRY(TrustedRoot root, named(TrustedRoot::parse(source.text), source.from));
  return root.with_origin({source.from, source.vouched_until});
}

}  // namespace weightmark
