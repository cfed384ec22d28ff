// Finding and reading a model's signatures.
#pragma once

#include <filesystem>
#include <vector>

#include "attest/bundle.h"
#include "weightmark/verify.h"

namespace weightmark {

// signature_path returns what the caller names, else where the signature lies.
// Errors: those of find_signature.
Result<std::filesystem::path> signature_path(const VerifyOptions& options);

// read_signature reads one bundle. Errors name the file.
// Errors: signature-not-found, bundle-too-large, those of reading it and of parse_bundle.
Result<Bundle> read_signature(const std::filesystem::path& path);

// list_further returns all that lies in the folder of further signatures, in the order of
// their names; nothing where there is no such folder. Errors: signatures-too-many, read-failed.
Result<std::vector<std::filesystem::path>> list_further(const std::filesystem::path& model);

// list_signatures returns that one, where it is there, and all but attestations in model.sig.d or
// FILE.sig.d, by their names.
// Errors: those of find_signature but for signature-not-found, signatures-too-many.
Result<std::vector<std::filesystem::path>> list_signatures(const VerifyOptions& options);

}  // namespace weightmark
