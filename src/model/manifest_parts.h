// What hashing a model and declaring its digests have in common.
#pragma once

#include <string>

#include "model/ignore.h"
#include "weightmark/sign.h"

namespace weightmark {

// recorded_ignores returns what is left out and recorded. It always has our own
// paths, so that a later signature beside this one does not break it
// (docs/format.md, placement). Errors: usage.
Result<IgnoreSet> recorded_ignores(const HashOptions& options);

// check_model_name refuses a name that no statement can say.
// Errors: usage, name-utf8.
Result<void> check_model_name(const std::string& name);

// finish_manifest completes a manifest whose files are known, for the client that
// the options name. `is_file` says that the model is a single file.
void finish_manifest(Manifest& manifest, const HashOptions& options, bool is_file);

}  // namespace weightmark
