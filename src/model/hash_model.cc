#include <fmt/format.h>

#include <algorithm>

#include "attest/oms.h"
#include "base/try.h"
#include "model/listing.h"
#include "model/measure.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

std::unexpected<Error> refuse(ErrorCode code, std::string what, std::string subject, std::string hint = {}) {
  return std::unexpected(Error{code, std::move(what), std::move(subject), std::move(hint)});
}

// recorded_ignores always has our own paths, so that a later signature beside
// this one does not break it (docs/format.md, placement).
Result<IgnoreSet> recorded_ignores(const HashOptions& options) {
  IgnoreSet ignores(options.ignore_paths);
  for (const std::string& path : options.ignore_paths)
    if (auto status = check_name(path); !status) return refuse(ErrorCode::kUsage, status.error().what, path);
  for (std::string_view path : kOwnPaths) ignores.add(std::string(path));
  if (options.ignore_git_paths)
    for (std::string_view path : kGitPaths) ignores.add(std::string(path));
  return ignores;
}

MeasureKind kind_of(const HashOptions& options) {
  if (options.shard_size > 0)
    return {options.algorithm, SerializationMethod::kShards, options.shard_size, false};
  return {options.algorithm, SerializationMethod::kFiles, 0, true};
}

Result<void> collect(std::vector<Result<FileEntry>> results, HashedModel& model) {
  for (auto& result : results) {
    if (!result) return std::unexpected(std::move(result).error());
    // Shards cannot cover an empty file (OMS 6.3.2).
    if (result->digest || !result->shards.empty())
      model.manifest.files.push_back(*std::move(result));
    else
      model.warnings.push_back(fmt::format("{}: empty, and shards cannot cover an empty file", result->name));
  }
  return {};
}

Result<std::vector<MeasureTask>> plan(const ModelRoot& root, const IgnoreSet& ignores, HashedModel& model) {
  WM_TRY(Listing listing, list_files(root, ignores));
  model.warnings = std::move(listing.warnings);
  if (listing.files.empty())
    return refuse(ErrorCode::kModelEmpty, "has no files to sign", root.path().native(),
                  "check the path and what is ignored");
  std::vector<MeasureTask> tasks;
  for (ListedFile& file : listing.files) {
    model.bytes += file.identity.size;
    tasks.push_back({std::move(file.name), file.identity});
  }
  return tasks;
}

}  // namespace

Result<HashedModel> hash_model(const HashOptions& options) {
  WM_TRY(IgnoreSet ignores, recorded_ignores(options));
  auto policy = options.allow_symlinks ? SymlinkPolicy::kFollow : SymlinkPolicy::kRefuse;
  WM_TRY(ModelRoot root, ModelRoot::open(options.model, policy));
  HashedModel model;
  WM_TRY(std::vector<MeasureTask> tasks, plan(root, ignores, model));
  MeasureKind kind = kind_of(options);
  model.manifest.name = options.name.value_or(root.default_name());
  if (model.manifest.name.empty()) return refuse(ErrorCode::kUsage, "the model's name is empty", {}, "give one with --name");
  model.manifest.serialization = {kind.method, kind.algorithm, kind.shard_size, options.allow_symlinks, ignores.paths()};
  WM_CHECK(collect(measure_files(root, tasks, kind, options.work), model));
  if (model.manifest.files.empty())
    return refuse(ErrorCode::kModelEmpty, "has only empty files, which shards cannot cover", root.path().native());
  bool dot = root.is_file() && options.compatibility == Compatibility::kPython;
  if (dot) model.manifest.files.front().name = kSingleFileName;
  complete_manifest(model.manifest);
  return model;
}

}  // namespace weightmark
