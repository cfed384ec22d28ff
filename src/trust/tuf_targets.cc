// Finding and getting targets (specification, sections 5.6.7 and 5.7).
#include <fmt/format.h>

#include <memory>
#include <ranges>
#include <set>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "trust/percent.h"
#include "trust/tuf_signatures.h"
#include "trust/tuf_updater.h"

namespace weightmark::tuf {
namespace {

// Visit is a role to look into, with the keys that its delegator has for it.
struct Visit {
  DelegatedRole role;
  std::shared_ptr<const Keys> keys;
};

// queue puts the roles that are trusted for `path` before those that wait; a
// terminating one is the last that matters.
void queue(const Targets& delegator, std::string_view path, std::vector<Visit>& waiting) {
  const auto keys = std::make_shared<const Keys>(delegator.delegations.keys);
  std::vector<Visit> next;
  for (DelegatedRole& role : delegates(delegator.delegations, path)) {
    next.push_back({std::move(role), keys});
    if (!next.back().role.terminating) continue;
    waiting.clear();
    break;
  }
  std::ranges::move(next | std::views::reverse, std::back_inserter(waiting));
}

std::unexpected<Error> unknown(std::string_view path) {
  return refuse(ErrorCode::kTufTargetUnknown, "no role that is trusted for it lists it", excerpt(path));
}

// hashed puts a hash before the name of a file, in its folder (section 5.7.3).
std::string hashed(std::string_view path, std::string_view digits) {
  const std::size_t name = path.rfind('/') + 1;
  return fmt::format("{}{}.{}", path.substr(0, name), digits, path.substr(name));
}

}  // namespace

Result<TargetFile> Updater::find(std::string_view path) {
  if (const auto found = targets_->files.find(path); found != targets_->files.end()) return found->second;
  std::vector<Visit> waiting;
  queue(*targets_, path, waiting);
  std::set<std::string, std::less<>> visited = {std::string(Targets::kType)};
  while (!waiting.empty()) {
    const Visit visit = std::move(waiting.back());
    waiting.pop_back();
    if (!visited.insert(visit.role.name).second) continue;
    if (visited.size() > kMaxRoles)
      return refuse(ErrorCode::kTufTooManyRoles, fmt::format("not in the first {} roles", kMaxRoles), excerpt(path));
    WM_TRY(const Targets role, load_targets(visit.role.name, {*visit.keys, visit.role.role}));
    if (const auto found = role.files.find(path); found != role.files.end()) return found->second;
    queue(role, path, waiting);
  }
  return unknown(path);
}

Result<std::string> Updater::fetch_target(std::string_view path, const TargetFile& file, Fetcher& targets) const {
  const std::string name = percent_encode(path, "/");
  if (!root_.consistent_snapshot) return targets.fetch(name, file.length);
  Result<std::string> text = unknown(path);
  for (const auto& [algorithm, digits] : file.hashes) {
    text = targets.fetch(hashed(name, percent_encode(digits)), file.length);
    if (text || text.error().code != ErrorCode::kServerNotFound) return text;
  }
  return text;
}

Result<std::string> Updater::target(std::string_view path, Fetcher* targets, Store& cache) {
  WM_TRY(const TargetFile file, find(path));
  const std::string name = percent_encode(path);
  if (std::optional<std::string> text = cache.get(name); text && check_target_file(file, *text))
    return *std::move(text);
  if (targets == nullptr) return refuse(ErrorCode::kTufNotCached, "no usable copy of it here", excerpt(path));
  if (file.length > kMaxTarget) return refuse(ErrorCode::kAnswerTooLarge, "larger than 64 MiB", excerpt(path));
  WM_TRY(std::string text, fetch_target(path, file, *targets));
  if (auto checked = check_target_file(file, text); !checked) {
    checked.error().subject = excerpt(path);
    return std::unexpected(std::move(checked).error());
  }
  cache.put(name, text);
  return text;
}

}  // namespace weightmark::tuf
