#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "model/digest_memory.h"
#include "model/listing.h"
#include "model/manifest_parts.h"
#include "model/measure.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

MeasureKind kind_of(const HashOptions& options) {
  if (options.shard_size > 0) return {options.algorithm, SerializationMethod::kShards, options.shard_size};
  return {options.algorithm, SerializationMethod::kFiles, 0};
}

// check_options refuses what a statement cannot say.
Result<void> check_options(const HashOptions& options) {
  if (options.shard_size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return refuse(ErrorCode::kUsage, "the shard size is too large", fmt::format("{}", options.shard_size));
  return {};
}

// check_shards bounds the statement before anything is read: a signature has no
// room for more shards than this, nor may a hash take the memory for them.
Result<void> check_shards(const std::vector<MeasureTask>& tasks, const MeasureKind& kind) {
  if (kind.method == SerializationMethod::kFiles) return {};
  std::uint64_t count = 0;
  for (const MeasureTask& task : tasks) {
    count += std::min<std::uint64_t>(shard_count(task.identity.size, kind.shard_size), kMaxFiles + 1);
    if (count > kMaxFiles)
      return refuse(ErrorCode::kTooManyFiles,
                    fmt::format("has over {} shards of {} bytes", grouped(kMaxFiles), kind.shard_size), task.name,
                    "choose larger shards");
  }
  return {};
}

// take_known takes out of `tasks` what the memory knows.
void take_known(const ModelRoot& root, DigestMemory& memory, std::vector<MeasureTask>& tasks, HashedModel& model) {
  auto is_known = [&](const MeasureTask& task) {
    auto file = root.open_file(task.name);
    // A file that is not the listed one is left to measure_files, which refuses it.
    if (!file || file->identity != task.identity) return false;
    auto entry = memory.recall(task.name, *file);
    if (!entry) return false;
    memory.remember(*entry, task.identity);
    model.manifest.files.push_back(*std::move(entry));
    ++model.reused;
    return true;
  };
  std::erase_if(tasks, is_known);
}

Result<void> collect(std::vector<Result<Measurement>> results, const std::vector<MeasureTask>& tasks,
                     DigestMemory* memory, HashedModel& model) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto& result = results[i];
    if (!result) return std::unexpected(std::move(result).error());
    FileEntry& file = result->entry;
    if (memory != nullptr) memory->remember(file, tasks[i].identity);
    // Shards cannot cover an empty file (OMS 6.3.2).
    if (file.digest || !file.shards.empty())
      model.manifest.files.push_back(std::move(file));
    else
      model.warnings.push_back(fmt::format("{}: empty, and shards cannot cover an empty file", file.name));
  }
  return {};
}

Result<std::vector<MeasureTask>> plan(const ModelRoot& root, const IgnoreSet& ignores, const WorkOptions& work,
                                      MeasureScope scope, HashedModel& model) {
  WM_TRY(Listing listing, list_files(root, ignores, work));
  model.warnings = std::move(listing.warnings);
  if (listing.files.empty())
    return refuse(ErrorCode::kModelEmpty, "has no files to sign", root.path().native(),
                  "check the path and what is ignored");
  std::vector<MeasureTask> tasks;
  for (ListedFile& file : listing.files) {
    model.bytes += file.identity.size;
    tasks.push_back({std::move(file.name), file.identity, scope, nullptr});
  }
  return tasks;
}

}  // namespace

Result<HashedModel> hash_model(const HashOptions& options) { return hash_model(options, nullptr); }

Result<HashedModel> hash_model(const HashOptions& options, DigestMemory* memory) {
  WM_CHECK(check_options(options));
  WM_TRY(IgnoreSet ignores, recorded_ignores(options));
  auto policy = options.allow_symlinks ? SymlinkPolicy::kFollow : SymlinkPolicy::kRefuse;
  WM_TRY(ModelRoot root, ModelRoot::open(options.model, policy));
  HashedModel model;
  model.manifest.name = options.name.value_or(root.default_name());
  WM_CHECK(check_model_name(model.manifest.name));
  MeasureKind kind = kind_of(options);
  // Trees come from the same pass as the digests. Shards have none.
  auto scope = kind.method == SerializationMethod::kFiles ? MeasureScope::kBoth : MeasureScope::kWhole;
  WM_TRY(std::vector<MeasureTask> tasks, plan(root, ignores, options.work, scope, model));
  WM_CHECK(check_shards(tasks, kind));
  model.manifest.serialization = {kind.method, kind.algorithm, kind.shard_size, options.allow_symlinks,
                                  ignores.paths()};
  if (memory != nullptr) take_known(root, *memory, tasks, model);
  WM_CHECK(collect(measure_files(root, tasks, kind, options.work), tasks, memory, model));
  if (model.manifest.files.empty())
    return refuse(ErrorCode::kModelEmpty, "has only empty files, which shards cannot cover", root.path().native());
  finish_manifest(model.manifest, options, root.is_file());
  return model;
}

}  // namespace weightmark
