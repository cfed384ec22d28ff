// A model's folder as verification sees it: under the signed names, and without what is
// ignored.
#pragma once

#include <string>

#include "model/listing.h"
#include "weightmark/manifest.h"
#include "weightmark/verify.h"

namespace weightmark {

// recorded_ignores is what the signer or the user left out on purpose.
IgnoreSet recorded_ignores(const VerifyOptions& options, const Manifest& manifest);

// list_model lists what is there, but for `recorded`, our own paths and the signature.
// Errors: those of list_files.
Result<Listing> list_model(const VerifyOptions& options, const std::string& signature, const Manifest& manifest,
                           const ModelRoot& root, const IgnoreSet& recorded);

// find_signed returns which file is the signed one. `listed` is what the listing has
// under its name, or null: what is signed counts even where it is ignored.
// Errors: file-missing, those of check_size and of opening it.
Result<FileIdentity> find_signed(const FileEntry& file, const ModelRoot& root, const ListedFile* listed);

// check_listing compares names and sizes with the signed ones and reads no file.
// Errors: those of list_files and find_signed, file-extra, policy-uncovered.
Result<void> check_listing(const VerifyOptions& options, const std::string& signature, const Manifest& manifest,
                           const ModelRoot& root);

}  // namespace weightmark
