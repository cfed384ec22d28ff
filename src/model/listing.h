// Listing the files of a model (OMS 6.1).
#pragma once

#include <string>
#include <vector>

#include "model/ignore.h"
#include "model/model_root.h"
#include "weightmark/error.h"
#include "weightmark/manifest.h"
#include "weightmark/observer.h"

namespace weightmark {

struct ListedFile {
  std::string name;
  FileIdentity identity;
};

// Listing is what a walk through a model found.
struct Listing {
  std::vector<ListedFile> files;      // in byte order of their names
  std::vector<std::string> ignored;   // files and folders that were not looked into, sorted
  std::vector<std::string> warnings;  // links that leave the model, links that form a cycle; sorted
};

// list_files walks through the model: every regular file, dot files included,
// except what `ignore` matches. An ignored name may be anything; otherwise links
// fall under the model's policy and special files are refused. `limit` is for
// files, folders and ignored names together.
// Errors: symlink-*, special-*, name-utf8, name-too-long, too-many-files,
// file-vanished, file-unreadable, read-failed.
Result<Listing> list_files(const ModelRoot& root, const IgnoreSet& ignore, const WorkOptions& work = {},
                           std::size_t limit = kMaxFiles);

}  // namespace weightmark
