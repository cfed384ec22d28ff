// Where signatures lie (docs/format.md, placement).
#pragma once

#include <filesystem>

#include "weightmark/error.h"

namespace weightmark {

// default_signature is where `sign` writes: MODEL/model.sig for a folder,
// FILE.sig for a file.
std::filesystem::path default_signature(const std::filesystem::path& model);

// find_signature looks inside the model, then beside it (MODEL.sig).
// Errors: model-not-found, signature-not-found, signature-ambiguous.
Result<std::filesystem::path> find_signature(const std::filesystem::path& model);

// path_in_model returns `path` relative to the model's folder, or "" when it lies
// outside. Neither needs to exist.
std::string path_in_model(const std::filesystem::path& model, const std::filesystem::path& path);

}  // namespace weightmark
