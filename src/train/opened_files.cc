#include "train/opened_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "base/try.h"
#include "train/file_digests.h"
#include "train/file_tree_root.h"
#include "train/package_index.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// More are told together, by the root of a tree over them.
constexpr std::size_t kMaxUndeclared = 1000;

constexpr auto kSystemFolders = std::to_array<std::string_view>(
    {"/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/etc", "/opt", "/var/lib", "/var/cache", "/run"});

// The kernel's own, and what /tmp and /dev/shm had was made by the command.
constexpr auto kUncounted = std::to_array<std::string_view>({"/proc", "/sys", "/dev"});

constexpr auto kLockFiles = std::to_array<std::string_view>(
    {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "pixi.lock", "conda-lock.yml", "requirements.txt",
     "environment.yml", "Cargo.lock", "go.sum", "package-lock.json"});

bool is_within(std::string_view path, std::string_view folder) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/' || folder == "/");
}

template <class Folders>
bool is_within_any(std::string_view path, const Folders& folders) {
  return std::ranges::any_of(folders, [&](const auto& folder) {
    if constexpr (std::is_same_v<std::decay_t<decltype(folder)>, fs::path>)
      return !folder.empty() && is_within(path, folder.native());
    else
      return is_within(path, folder);
  });
}

Dependency observed(std::string name, std::string kind) {
  Dependency it;
  it.resource.name = std::move(name);
  it.facts.kind = std::move(kind);
  it.facts.evidence = kEvidenceObserved;
  return it;
}

// Sorter puts each opened file where it belongs.
class Sorter {
 public:
  Sorter(const std::vector<OpenedFile>& opened, const OpenedContext& context)
      : context_(context), index_(paths_of(opened)), loaded_(index_.packages().size(), false) {
    for (const MeasuredInput& input : *context.inputs) {
      for (const InputFile& file : input.files)
        by_inode_[{file.identity.device, file.identity.inode}].emplace_back(&input, file.name);
    }
  }

  void take(const OpenedFile& file) {
    const std::string& path = file.path;
    if (take_input(file) || is_bundle(path) || is_within_any(path, kUncounted)) return;
    if (is_within_any(path, context_.outputs)) {
      if (context_.before.contains(path)) undeclared_.push_back(path);
      return;
    }
    if (is_within_any(path, context_.private_folders) || take_package(path) || take_source(path)) return;
    if (std::ranges::find(context_.programs, path) != context_.programs.end() ||
        std::ranges::find(context_.recorded, path) != context_.recorded.end())
      return;
    if (is_within_any(path, kSystemFolders))
      system_.push_back(path);
    else if (is_within_any(path, context_.interpreters))
      interpreter_.push_back(path);
    else if (is_within_any(path, context_.declared))
      (is_code(path) ? declared_code_ : declared_).push_back(path);
    else
      undeclared_.push_back(path);
  }

  Result<OpenedSummary> finish() {
    WM_CHECK(hash_all());
    check_packages();
    OpenedSummary summary;
    add_programs(summary);
    add_packages(summary);
    add_group("bytecode", "environment", bytecode_, summary);
    add_group("interpreter", "environment", interpreter_, summary);
    add_group("system", "environment", system_, summary);
    add_group("readable-code", "environment", declared_code_, summary);
    add_group("readable", "file", declared_, summary);
    add_lock_files(summary);
    add_undeclared(summary);
    summary.warnings = std::move(warnings_);
    count_inputs();
    return summary;
  }

 private:
  static std::vector<std::string> paths_of(const std::vector<OpenedFile>& opened) {
    std::vector<std::string> paths;
    paths.reserve(opened.size());
    for (const OpenedFile& file : opened) paths.push_back(file.path);
    return paths;
  }

  // take_input goes by the inode: links of a cache lead elsewhere. One content may be in
  // several inputs, and then each of them was read.
  bool take_input(const OpenedFile& file) {
    const auto found = by_inode_.find({file.device, file.inode});
    if (file.inode == 0 || found == by_inode_.end()) return false;
    for (const auto& [input, name] : found->second) read_[input].insert(name);
    return true;
  }

  bool is_bundle(const std::string& path) const {
    return std::ranges::any_of(*context_.inputs, [&](const MeasuredInput& input) {
      return std::ranges::find(input.bundles, fs::path(path)) != input.bundles.end();
    });
  }

  bool take_package(const std::string& path) {
    const auto owner = index_.find(path);
    if (!owner) return false;
    if (is_code(path)) loaded_[owner->package] = true;
    if (owner->bytecode)
      bytecode_.push_back(path);
    else if (!owner->sha256.empty())
      recorded_.emplace(path, owner->sha256);
    return true;
  }

  bool take_source(const std::string& path) {
    const SourceTree* source = context_.source;
    if (source == nullptr || !is_within(path, source->root.native())) return false;
    const std::string name = fs::path(path).lexically_relative(source->root);
    if (!source->tracks(name)) return take_source_bytecode(path, *source);
    if (std::ranges::find(kLockFiles, fs::path(path).filename().native()) != kLockFiles.end())
      lock_files_.push_back(path);
    return true;
  }

  bool take_source_bytecode(const std::string& path, const SourceTree& source) {
    const fs::path file(path);
    if (file.extension() != ".pyc" || file.parent_path().filename() != "__pycache__") return false;
    const std::string stem = file.filename().native().substr(0, file.filename().native().find('.'));
    const fs::path script = file.parent_path().parent_path() / (stem + ".py");
    if (!source.tracks(script.lexically_relative(source.root).native())) return false;
    bytecode_.push_back(path);
    return true;
  }

  Result<void> hash_all() {
    std::vector<std::string> paths;
    for (const auto* group :
         {&bytecode_, &interpreter_, &system_, &declared_code_, &declared_, &lock_files_, &undeclared_})
      paths.insert(paths.end(), group->begin(), group->end());
    for (const auto& [path, sha256] : recorded_) paths.push_back(path);
    paths.insert(paths.end(), context_.programs.begin(), context_.programs.end());
    WM_TRY(digests_, file_digests(paths, context_.work));
    return {};
  }

  std::string digest(const std::string& path) const {
    if (const auto old = context_.before.find(path); old != context_.before.end()) return old->second;
    const auto found = digests_.find(path);
    return found == digests_.end() ? "" : found->second;
  }

  // check_packages: a file that is not as its distribution records it is accounted for by
  // nobody.
  void check_packages() {
    for (const auto& [path, sha256] : recorded_)
      if (digest(path) != sha256) {
        warnings_.push_back(fmt::format("{} is not as its package records it", path));
        undeclared_.push_back(path);
      }
    std::ranges::sort(undeclared_);
  }

  void add_file(Dependency it, const std::string& path, OpenedSummary& summary) const {
    if (const std::string sha256 = digest(path); !sha256.empty()) it.resource.digests = {{"sha256", sha256}};
    it.facts.digest_kind = it.resource.digests.empty() ? "" : "file";
    summary.dependencies.push_back(std::move(it));
  }

  // add_programs tells of programs and scripts that no other entry accounts for.
  void add_programs(OpenedSummary& summary) const {
    for (const std::string& path : context_.programs) {
      const bool tracked = context_.source != nullptr &&
                           context_.source->tracks(fs::path(path).lexically_relative(context_.source->root).native());
      const bool elsewhere = tracked || is_within_any(path, kSystemFolders) || index_.find(path) ||
                             is_within_any(path, context_.interpreters);
      if (!elsewhere) add_file(observed("program:" + fs::path(path).filename().native(), "file"), path, summary);
    }
  }

  void add_packages(OpenedSummary& summary) const {
    for (std::size_t i = 0; i < loaded_.size(); ++i) {
      if (!loaded_[i]) continue;
      const Package& package = index_.packages()[i];
      Dependency it = observed(normalised_name(package.metadata.name), package.kind());
      it.resource.uri = package.purl();
      it.resource.digests = {{"sha256", package.record_sha256}};
      it.facts.digest_kind = "record";
      it.facts.license = package.metadata.license;
      it.facts.loaded = true;
      summary.dependencies.push_back(std::move(it));
    }
  }

  // add_group tells of many files by the root of a tree over them.
  void add_group(const std::string& name, const std::string& kind, const std::vector<std::string>& paths,
                 OpenedSummary& summary) const {
    std::vector<NamedSha256> files;
    for (const std::string& path : paths)
      if (std::string sha256 = digest(path); !sha256.empty()) files.emplace_back(path, std::move(sha256));
    Dependency it = observed(name, kind);
    it.facts.merkle = merkle_root(std::move(files));
    if (!it.facts.merkle) return;
    it.resource.digests = {{"sha256", it.facts.merkle->root}};
    it.facts.digest_kind = "merkle-root";
    it.facts.files = static_cast<std::int64_t>(paths.size());
    summary.dependencies.push_back(std::move(it));
  }

  void add_lock_files(OpenedSummary& summary) const {
    for (const std::string& path : lock_files_)
      add_file(observed(fs::path(path).filename().native(), "lockfile"), path, summary);
  }

  void add_undeclared(OpenedSummary& summary) {
    summary.undeclared = undeclared_;
    const std::size_t single = undeclared_.size() > kMaxUndeclared ? 0 : undeclared_.size();
    for (std::size_t i = 0; i < single; ++i) {
      Dependency it = observed(undeclared_[i], "file");
      it.facts.undeclared = true;
      add_file(std::move(it), undeclared_[i], summary);
    }
    if (single == undeclared_.size()) return;
    add_group("undeclared", "file", undeclared_, summary);
    summary.dependencies.back().facts.undeclared = true;
  }

  void count_inputs() {
    for (MeasuredInput& input : *context_.inputs) {
      input.facts.files_read = static_cast<std::int64_t>(read_[&input].size());
      input.facts.evidence = read_[&input].empty() ? kEvidenceDeclared : kEvidenceObserved;
    }
  }

  const OpenedContext& context_;
  PackageIndex index_;
  std::vector<bool> loaded_;
  using InputName = std::pair<const MeasuredInput*, std::string>;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<InputName>> by_inode_;
  std::map<const MeasuredInput*, std::set<std::string>> read_;
  std::map<std::string, std::string> recorded_;  // path to the digest that a package has of it
  std::map<std::string, std::string> digests_;
  std::vector<std::string> bytecode_;
  std::vector<std::string> interpreter_;
  std::vector<std::string> system_;
  std::vector<std::string> declared_code_;  // it is no data that somebody has to answer for
  std::vector<std::string> declared_;
  std::vector<std::string> lock_files_;
  std::vector<std::string> undeclared_;
  std::vector<std::string> warnings_;
};

}  // namespace

Result<OpenedSummary> classify_opened(const std::vector<OpenedFile>& opened, const OpenedContext& context) {
  Sorter sorter(opened, context);
  for (const OpenedFile& file : opened) sorter.take(file);
  return sorter.finish();
}

}  // namespace weightmark
