// A model whose digests are known without reading it: somebody else computed them, or we
// did, while it was written.
#pragma once

#include <vector>

#include "weightmark/sign.h"

namespace weightmark {

// collect_known makes a manifest of `files`, as parse_digests or FileHashers return them,
// and reads none of them. What the options ignore is left out of them. Where
// options.model is not empty, the model there must have exactly those files with
// those sizes.
// Errors: digests-mismatch, model-empty, model-not-found, usage, name-*, and those of
// listing.
Result<HashedModel> collect_known(const HashOptions& options, std::vector<FileEntry> files);

// check_listed_names refuses names that no folder can hold together. `files` are in byte
// order of their names. Errors: name-duplicate, name-conflict.
Result<void> check_listed_names(const std::vector<FileEntry>& files);

}  // namespace weightmark
