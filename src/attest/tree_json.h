// A file's tree as JSON, {"fsverity", "size", "nodes"}: the annotation of a
// resource, and a member of the private record of `sign --reuse`.
#pragma once

#include "base/json.h"
#include "base/json_document.h"
#include "weightmark/error.h"
#include "weightmark/file_tree.h"

namespace weightmark {

// tree_json writes the tree as docs/format.md says.
Json tree_json(const FileTree& tree);

// parse_tree reads it back. Size, nodes and digest must agree among themselves.
// Errors: the code of `view`, tree-inconsistent.
Result<FileTree> parse_tree(const JsonView& view);

}  // namespace weightmark
