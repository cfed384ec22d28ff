#include "host/training_source.h"

#include <algorithm>
#include <functional>

#include "attest/oms.h"
#include "base/file.h"
#include "base/try.h"
#include "host/git_source.h"
#include "train/file_tree_root.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

bool is_within(const fs::path& path, const fs::path& folder) {
  const auto [at, rest] = std::ranges::mismatch(folder, path);
  return at == folder.end();
}

Dependency describe_git(const SourceTree& tree) {
  Dependency it;
  it.resource.name = "source";
  it.resource.uri = source_uri(tree);
  it.resource.digests = {{"gitCommit", tree.commit}};
  it.facts.kind = "source";
  it.facts.evidence = kEvidenceObserved;
  it.facts.dirty = tree.dirty();
  return it;
}

Result<TrainingSource> read_git(const fs::path& root, const std::vector<fs::path>& others, const Stop& stop) {
  TrainingSource source;
  WM_TRY(source.tree, read_git_source(root, stop));
  std::erase_if(source.tree.untracked, [&](const std::string& name) {
    return std::ranges::any_of(others, [&](const fs::path& other) { return is_within(root / name, other); });
  });
  source.dependency = describe_git(source.tree);
  return source;
}

// read_folder is for a source without version control: its files are all there is.
Result<TrainingSource> read_folder(const fs::path& root, const std::vector<fs::path>& others, const WorkOptions& work) {
  HashOptions options;
  options.model = root;
  options.work = work;
  for (const fs::path& other : others)
    if (other != root && is_within(other, root)) options.ignore_paths.push_back(other.lexically_relative(root));
  WM_TRY(const HashedModel hashed, hash_model(options));
  TrainingSource source;
  source.tree.root = root;
  for (const FileEntry& file : hashed.manifest.files) source.tree.tracked.push_back(file.name);
  Dependency& it = source.dependency;
  it.resource.name = "source";
  it.resource.digests = {{"sha256", hashed.manifest.root.hex()}};
  if (hashed.manifest.manifest_v1) it.resource.digests.emplace_back(kManifestV1, hashed.manifest.manifest_v1->hex());
  it.facts.kind = "source";
  it.facts.evidence = kEvidenceObserved;
  it.facts.digest_kind = "oms-root";
  it.facts.files = static_cast<std::int64_t>(hashed.manifest.files.size());
  it.facts.bytes = static_cast<std::int64_t>(hashed.bytes);
  it.facts.merkle = merkle_root(named_digests(hashed.manifest));
  return source;
}

}  // namespace

Result<std::optional<TrainingSource>> read_training_source(const std::optional<fs::path>& named,
                                                           const std::vector<fs::path>& others, const WorkOptions& work,
                                                           const Stop& stop) {
  std::error_code error;
  const fs::path start = fs::canonical(named.value_or("."), error);
  if (error) return std::unexpected(system_error(error.value(), named.value_or(".").native(), ErrorCode::kReadFailed));
  if (const auto root = git_root(start)) return read_git(*root, others, stop);
  if (!named) return std::nullopt;
  return read_folder(start, others, work);
}

Result<void> note_changes(TrainingSource& source, const std::vector<fs::path>& others, const WorkOptions& work,
                          const Stop& stop) {
  const bool git = !source.tree.commit.empty();
  WM_TRY(const TrainingSource after,
         git ? read_git(source.tree.root, others, stop) : read_folder(source.tree.root, others, work));
  source.dependency.facts.changed =
      after.tree != source.tree || after.dependency.resource.digests != source.dependency.resource.digests;
  if (git) source.dependency.facts.dirty = source.tree.dirty() || after.tree.dirty();
  return {};
}

}  // namespace weightmark
