// Reading a git checkout without running anything that its configuration names.
#pragma once

#include <filesystem>
#include <optional>

#include "host/stop.h"
#include "train/source_tree.h"
#include "weightmark/error.h"

namespace weightmark {

// git_root returns the innermost folder at or above `path` that has a `.git`, or nothing.
std::optional<std::filesystem::path> git_root(const std::filesystem::path& path);

// read_git_source asks the program git for the commit, its files and those of the checkout.
// Hooks, filters, file system monitors, credential helpers and transports that the
// repository's configuration names are never run: files are compared by their plain
// content, and of Git LFS by the pointer's SHA-256. A file that only a filter would make
// equal counts as changed.
// Errors: training-source, interrupted.
Result<SourceTree> read_git_source(const std::filesystem::path& root, const Stop& stop);

}  // namespace weightmark
