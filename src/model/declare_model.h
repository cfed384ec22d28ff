// A model whose digests somebody else computed.
#pragma once

#include <vector>

#include "weightmark/sign.h"

namespace weightmark {

// declare_model makes a manifest of `files`, as parse_digests returns them, and
// reads none of them. What the options ignore is left out of them. Where
// options.model is not empty, the model there must have exactly those files with
// those sizes.
// Errors: digests-mismatch, model-empty, model-not-found, usage, name-utf8, and
// those of listing.
Result<HashedModel> declare_model(const HashOptions& options, std::vector<FileEntry> files);

}  // namespace weightmark
