#include "model/manifest_parts.h"

#include "attest/oms.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {

Result<IgnoreSet> recorded_ignores(const HashOptions& options) {
  IgnoreSet ignores(options.ignore_paths);
  for (const std::string& path : options.ignore_paths)
    if (auto status = check_name(path); !status) return refuse(ErrorCode::kUsage, status.error().what, path);
  for (std::string_view path : kOwnPaths) ignores.add(std::string(path));
  if (options.ignore_git_paths)
    for (std::string_view path : kGitPaths) ignores.add(std::string(path));
  return ignores;
}

Result<void> check_model_name(const std::string& name) {
  if (name.empty()) return refuse(ErrorCode::kUsage, "the model's name is empty", {}, "give one with --name");
  if (is_utf8(name)) return {};
  return refuse(ErrorCode::kNameUtf8, "the model's name is not valid UTF-8", printable(name), "give one with --name");
}

void finish_manifest(Manifest& manifest, const HashOptions& options, bool is_file) {
  const bool python = options.compatibility == Compatibility::kPython;
  if (python && is_file) manifest.files.front().name = kSingleFileName;
  complete_manifest(manifest);
  if (python) manifest.root = root_digest(list_resources(manifest, ResourceOrder::kPython));
}

}  // namespace weightmark
