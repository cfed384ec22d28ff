// Digests of files that lie anywhere on this machine.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weightmark/error.h"
#include "weightmark/observer.h"

namespace weightmark {

// file_sha256 is the SHA-256 of a regular file, in lower-case hex.
// Errors: file-not-found, file-unreadable, special-*, read-failed, interrupted.
Result<std::string> file_sha256(const std::string& path, const WorkOptions& work = {});

// file_digests hashes the files with all processors. What cannot be read has no digest.
// Errors: interrupted.
Result<std::map<std::string, std::string>> file_digests(const std::vector<std::string>& paths, const WorkOptions& work);

}  // namespace weightmark
