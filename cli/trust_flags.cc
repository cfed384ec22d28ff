#include "cli/trust_flags.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/json_document.h"
#include "base/try.h"
#include "cli/options.h"
#include "net/http_fetcher.h"
#include "trust/trust_files.h"
#include "trust/trusted_root.h"

namespace weightmark::cli {
namespace {

// named prefixes an error with the file that it is about.
template <class T>
Result<T> named(Result<T> result, const std::string& file) {
  if (!result) result.error().subject = result.error().subject.empty() ? file : file + ": " + result.error().subject;
  return result;
}

// A ClientTrustConfig has the root in it (sigstore_trustroot.proto).
Result<std::string> root_in_config(const std::string& text) {
  WM_TRY(JsonDocument document, JsonDocument::parse(text));
  WM_TRY(JsonView root, document.root(ErrorCode::kTrustedRootMalformed).member("trustedRoot"));
  return write_json(root.json());
}

Result<TrustSource> load_root(const std::string& path) {
  WM_TRY(std::string text, read_file(path, kMaxTrustedRoot));
  return TrustSource{std::move(text), path, std::nullopt};
}

Result<TrustSource> load_config(const std::string& path) {
  WM_TRY(std::string config, read_file(path, kMaxTrustedRoot));
  WM_TRY(std::string text, named(root_in_config(config), path));
  return TrustSource{std::move(text), path, std::nullopt};
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

Result<TrustFile> fetch(const TufRepository& repository) {
  const auto client = make_http_client(http_settings([](const char* name) { return std::getenv(name); }));
  HttpFetcher metadata(*client, repository.url);
  HttpFetcher targets(*client, repository.url + "/targets");
  auto files = TrustFiles::online(repository, cache_folder(), {&metadata, now()}, targets);
  if (!files && files.error().hint.empty())
    files.error().hint = "without a network: --offline goes by what was verified last, or came with the program";
  if (!files) return std::unexpected(std::move(files).error());
  return files->get(kTrustedRoot);
}

Result<TrustFile> recall(const TufRepository& repository) {
  WM_TRY(TrustFiles files, TrustFiles::offline(repository, cache_folder()));
  return files.get(kTrustedRoot);
}

}  // namespace

std::vector<CLI::Option*> TrustFlags::add_to(CLI::App& method) {
  CLI::Option* root = method.add_option("--trusted-root", trusted_root,
                                        "The logs and authorities to trust: the trusted_root.json of a Sigstore");
  root->type_name("PATH");
  CLI::Option* config =
      method.add_option("--trust-config", trust_config, "The same, in a client's trust configuration");
  config->type_name("PATH")->excludes(root);
  CLI::Option* stage = method.add_flag("--use-staging", staging, "Trust Sigstore's instance for tests");
  stage->excludes(root)->excludes(config);
  CLI::Option* alone =
      method.add_flag("--offline", offline, "Ask nobody: trust what was verified last, or what came with the program");
  return {root, config, stage, alone};
}

Result<TrustSource> TrustFlags::load() const {
  if (!trusted_root.empty()) return load_root(trusted_root);
  if (!trust_config.empty()) return load_config(trust_config);
  const TufRepository repository =
      builtin_repository(staging ? SigstoreInstance::kStaging : SigstoreInstance::kPublicGood);
  WM_TRY(TrustFile file, offline ? recall(repository) : fetch(repository));
  return TrustSource{std::move(file.text), fmt::format("{}, {}", repository.url, describe_origin(file.origin)),
                     file.vouched_until};
}

Result<TrustedRoot> TrustFlags::read(const Ui& ui) const {
  WM_TRY(TrustSource source, load());
  if (source.vouched_until && *source.vouched_until < now())
    ui.warn(
        fmt::format("the trusted root was vouched for until {:%Y-%m-%d}; without --offline it is brought up to date",
                    *source.vouched_until));
  WM_TRY(TrustedRoot root, named(TrustedRoot::parse(source.text), source.from));
  return root.with_origin({std::move(source.from), source.vouched_until});
}

}  // namespace weightmark::cli
