#include "cli/trust_flags.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/json_document.h"
#include "base/try.h"
#include "cli/network.h"
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

Result<std::vector<TrustFile>> fetch(const TufRepository& repository, std::initializer_list<std::string_view> names) {
  const auto client = make_http_client(environment_settings());
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

}  // namespace

std::vector<CLI::Option*> TrustFlags::add_sources_to(CLI::App& method, const char* root_help) {
  CLI::Option* root = method.add_option("--trusted-root", trusted_root, root_help);
  root->type_name("PATH");
  CLI::Option* config =
      method.add_option("--trust-config", trust_config, "The same, in a client's trust configuration");
  config->type_name("PATH")->excludes(root);
  CLI::Option* stage = method.add_flag("--use-staging", staging, "Use Sigstore's instance for tests");
  stage->excludes(root)->excludes(config);
  return {root, config, stage};
}

std::vector<CLI::Option*> TrustFlags::add_to(CLI::App& method) {
  std::vector<CLI::Option*> options =
      add_sources_to(method, "The logs and authorities to trust: the trusted_root.json of a Sigstore");
  options.push_back(
      method.add_flag("--offline", offline, "Ask nobody: trust what was verified last, or what came with the program"));
  return options;
}

std::vector<CLI::Option*> TrustFlags::add_signing_to(CLI::App& method) {
  std::vector<CLI::Option*> options =
      add_sources_to(method, "The logs and authorities of a Sigstore: its trusted_root.json");
  CLI::Option* config =
      method.add_option("--signing-config", signing_config, "The services to sign with: its signing_config.json");
  config->type_name("PATH")->needs(options.front());
  options.front()->needs(config);
  options.push_back(config);
  return options;
}

TufRepository TrustFlags::repository() const {
  return builtin_repository(staging ? SigstoreInstance::kStaging : SigstoreInstance::kPublicGood);
}

Result<TrustSource> TrustFlags::load() const {
  if (!trusted_root.empty()) return load_root(trusted_root);
  if (!trust_config.empty()) return load_config(trust_config);
  const TufRepository from = repository();
  WM_TRY(auto files, offline ? recall(from, {kTrustedRoot}) : fetch(from, {kTrustedRoot}));
  return source_of(std::move(files.front()), from);
}

Result<SigningSource> TrustFlags::load_from_repository() const {
  const TufRepository from = repository();
  WM_TRY(auto files, fetch(from, {kTrustedRoot, kSigningConfig}));
  return SigningSource{source_of(std::move(files.front()), from), std::move(files.back().text)};
}

Result<SigningSource> TrustFlags::load_for_signing() const {
  if (trusted_root.empty() && trust_config.empty()) return load_from_repository();
  WM_TRY(TrustSource root, load());
  WM_TRY(std::string config,
         trust_config.empty() ? read_file(signing_config, kMaxTrustedRoot) : load_config_for_signing(trust_config));
  return SigningSource{std::move(root), std::move(config)};
}

Result<TrustedRoot> parse_root(const TrustSource& source) {
  WM_TRY(TrustedRoot root, named(TrustedRoot::parse(source.text), source.from));
  return root.with_origin({source.from, source.vouched_until});
}

Result<TrustedRoot> TrustFlags::read(const Ui& ui) const {
  WM_TRY(TrustSource source, load());
  if (source.vouched_until && *source.vouched_until < now())
    ui.warn(
        fmt::format("the trusted root was vouched for until {:%Y-%m-%d}; without --offline it is brought up to date",
                    *source.vouched_until));
  return parse_root(source);
}

}  // namespace weightmark::cli
