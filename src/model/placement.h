// Where signatures lie (docs/format.md, placement).
#pragma once

#include <filesystem>
#include <string>

#include "weightmark/error.h"

namespace weightmark {

// default_signature is where `sign` writes: MODEL/model.sig for a folder,
// FILE.sig for a file.
std::filesystem::path default_signature(const std::filesystem::path& model);

// further_folder is where further signatures lie: MODEL/model.sig.d or FILE.sig.d.
std::filesystem::path further_folder(const std::filesystem::path& model);

// further_signature is where `sign --add NAME` writes: NAME.sig in that folder. The name
// is of letters, digits, ".", "_" and "-", and does not begin with ".".
// Errors: usage.
Result<std::filesystem::path> further_signature(const std::filesystem::path& model, const std::string& name);

// find_signature looks inside the model, then beside it (MODEL.sig).
// Errors: model-not-found, signature-not-found, signature-ambiguous.
Result<std::filesystem::path> find_signature(const std::filesystem::path& model);

// path_in_model returns `path` relative to the model's folder, or "" when it lies
// outside. Neither needs to exist.
std::string path_in_model(const std::filesystem::path& model, const std::filesystem::path& path);

}  // namespace weightmark
