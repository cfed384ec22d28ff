#include "read/model_listing.h"

#include <fmt/format.h>

#include "attest/oms.h"
#include "base/name_cursor.h"
#include "base/refuse.h"
#include "base/try.h"
#include "model/compare.h"
#include "model/placement.h"
#include "read/policy_files.h"
#include "trust/policy.h"

namespace weightmark {
namespace {

// all_ignores adds what is no part of any model, whether recorded or not.
IgnoreSet all_ignores(const VerifyOptions& options, const std::string& signature, const ModelRoot& root,
                      const IgnoreSet& recorded) {
  IgnoreSet ignores = recorded;
  for (std::string_view path : kOwnPaths) ignores.add(std::string(path));
  std::string inside = root.is_file() ? "" : path_in_model(options.model, signature);
  if (!inside.empty()) ignores.add(std::move(inside));
  return ignores;
}

}  // namespace

IgnoreSet recorded_ignores(const VerifyOptions& options, const Manifest& manifest) {
  IgnoreSet ignores(options.ignore_paths);
  if (manifest.serialization.ignore_paths)
    for (const std::string& path : *manifest.serialization.ignore_paths) ignores.add(path);
  else if (options.ignore_git_paths)
    for (std::string_view path : kGitPaths) ignores.add(std::string(path));
  return ignores;
}

Result<Listing> list_model(const VerifyOptions& options, const std::string& signature, const Manifest& manifest,
                           const ModelRoot& root, const IgnoreSet& recorded) {
  WM_TRY(Listing listing, list_files(root, all_ignores(options, signature, root, recorded), options.work));
  // The Python client's "." stands for the model's only file.
  const bool dot = root.is_file() && find_file(manifest, kSingleFileName) != nullptr;
  if (dot && !listing.files.empty()) listing.files.front().name = kSingleFileName;
  return listing;
}

Result<FileIdentity> find_signed(const FileEntry& file, const ModelRoot& root, const ListedFile* listed) {
  FileIdentity identity;
  if (listed != nullptr) {
    identity = listed->identity;
  } else {
    const std::string& name = file.name == kSingleFileName ? root.file_name() : file.name;
    const Error missing{ErrorCode::kFileMissing, "was signed but is not there", file.name, {}};
    // Of a model that is one file, nothing else in its folder is part.
    if (root.is_file() || name.empty()) return std::unexpected(missing);
    auto opened = root.open_file(name);
    if (!opened && opened.error().code == ErrorCode::kFileNotFound) return std::unexpected(missing);
    if (!opened) return std::unexpected(std::move(opened).error());
    identity = opened->identity;
  }
  WM_CHECK(check_size(file, identity.size));
  return identity;
}

Result<void> check_listing(const VerifyOptions& options, const std::string& signature, const Manifest& manifest,
                           const ModelRoot& root) {
  const IgnoreSet recorded = recorded_ignores(options, manifest);
  WM_TRY(const Listing listing, list_model(options, signature, manifest, root, recorded));
  NameCursor listed(listing.files);
  for (const FileEntry& file : manifest.files) WM_CHECK(find_signed(file, root, listed.find(file.name)));
  auto rest = report_unsigned(manifest, listing,
                              {recorded, options.ignore_unsigned_files, Selection(std::vector<std::string>{})});
  forbid_uncovered(options, signature, manifest, rest);
  for (FileReport& file : rest)
    if (file.error) return std::unexpected(*std::move(file.error));
  return {};
}

}  // namespace weightmark
