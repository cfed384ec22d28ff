#include "model/known_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "attest/oms.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "model/listing.h"
#include "model/manifest_parts.h"

namespace weightmark {
namespace {

std::unexpected<Error> mismatch(std::string what, std::string_view name) {
  return refuse(ErrorCode::kDigestsMismatch, std::move(what), name,
                "make the list of digests anew, or sign without it");
}

// check_entries refuses what no statement can say.
Result<void> check_entries(const std::vector<FileEntry>& files) {
  for (const FileEntry& file : files) {
    WM_CHECK(check_name(file.name));
    if (!file.digest || !file.size())
      return refuse(ErrorCode::kUsage, "has no digest or no size to sign", printable(file.name));
    if (file.digest->algorithm() != files.front().digest->algorithm())
      return refuse(ErrorCode::kUsage, "has a digest of another algorithm than the files before it", file.name);
  }
  return check_listed_names(files);
}

// leave_out applies to the list what listing a folder does by itself.
void leave_out(const IgnoreSet& ignores, HashedModel& model) {
  auto ignored = [&](const FileEntry& file) { return ignores.matches(file.name); };
  if (const std::size_t count = std::erase_if(model.manifest.files, ignored); count > 0)
    model.warnings.push_back(fmt::format("{} of the list of digests left out, as ignored", plural(count, "file")));
}

// check_files compares two lists in the order of their names.
Result<void> check_files(const std::vector<FileEntry>& declared, const std::vector<ListedFile>& found) {
  auto wanted = declared.begin();
  for (const ListedFile& file : found) {
    if (wanted == declared.end() || wanted->name > file.name)
      return mismatch("is in the model, but not in the list of digests", file.name);
    if (wanted->name < file.name) break;
    if (*wanted->size() != file.identity.size)
      return mismatch(fmt::format("has {} bytes, the list of digests says {}", file.identity.size, *wanted->size()),
                      file.name);
    ++wanted;
  }
  if (wanted == declared.end()) return {};
  return mismatch("is in the list of digests, but not in the model", wanted->name);
}

// Place is what the model's path tells, where there is one.
struct Place {
  std::string name;
  bool is_file = false;
};

Result<Place> look_at(const HashOptions& options, const IgnoreSet& ignores, HashedModel& model) {
  if (options.model.empty()) return Place{};
  auto policy = options.allow_symlinks ? SymlinkPolicy::kFollow : SymlinkPolicy::kRefuse;
  WM_TRY(ModelRoot root, ModelRoot::open(options.model, policy));
  WM_TRY(Listing listing, list_files(root, ignores, options.work));
  WM_CHECK(check_files(model.manifest.files, listing.files));
  model.warnings.insert(model.warnings.end(), listing.warnings.begin(), listing.warnings.end());
  return Place{root.default_name(), root.is_file()};
}

}  // namespace

Result<void> check_listed_names(const std::vector<FileEntry>& files) {
  auto twice = std::ranges::adjacent_find(files, {}, &FileEntry::name);
  if (twice != files.end()) return refuse(ErrorCode::kNameDuplicate, "the name is listed twice", twice->name);
  return check_conflicts(files);
}

Result<HashedModel> collect_known(const HashOptions& options, std::vector<FileEntry> files) {
  WM_TRY(IgnoreSet ignores, recorded_ignores(options));
  std::ranges::sort(files, {}, &FileEntry::name);
  WM_CHECK(check_entries(files));
  HashedModel model;
  Manifest& manifest = model.manifest;
  manifest.files = std::move(files);
  leave_out(ignores, model);
  if (manifest.files.empty())
    return refuse(ErrorCode::kModelEmpty, "the list of digests has no files to sign", {}, "check what is ignored");
  WM_TRY(Place place, look_at(options, ignores, model));
  manifest.name = options.name.value_or(place.name);
  WM_CHECK(check_model_name(manifest.name));
  for (const FileEntry& file : manifest.files) model.bytes += *file.size();
  manifest.serialization = {SerializationMethod::kFiles, manifest.files.front().digest->algorithm(), 0,
                            options.allow_symlinks, ignores.paths()};
  finish_manifest(manifest, options, place.is_file);
  return model;
}

}  // namespace weightmark
