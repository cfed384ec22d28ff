#include "attest/tree_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/try.h"
#include "hash/fsverity.h"

namespace weightmark {
namespace {

std::unexpected<Error> inconsistent(std::string what, const JsonView& view) {
  return std::unexpected(Error{ErrorCode::kTreeInconsistent, std::move(what), view.path(), {}});
}

Result<std::vector<TreeNode>> parse_nodes(const JsonView& view, std::uint64_t size) {
  std::uint64_t count = node_count(size);
  std::vector<TreeNode> nodes;
  if ((count > 0) != view.find("nodes").has_value())
    return view.fail(count > 0 ? "nodes are missing" : "a file of at most 64 MiB has no nodes");
  if (count == 0) return nodes;
  WM_TRY(JsonView field, view.member("nodes"));
  WM_TRY(std::string_view text, field.string());
  auto bytes = from_base64(text);
  if (!bytes || bytes->size() != count * sizeof(TreeNode))
    return field.fail(fmt::format("not the base64 of {} nodes", count));
  nodes.resize(count);
  std::ranges::copy(*bytes, nodes.front().data());
  return nodes;
}

}  // namespace

Json tree_json(const FileTree& tree) {
  if (tree.nodes.empty()) return Json::of("fsverity", tree.fsverity.hex(), "size", tree.size);
  ByteView nodes(tree.nodes.front().data(), tree.nodes.size() * tree.nodes.front().size());
  return Json::of("fsverity", tree.fsverity.hex(), "size", tree.size, "nodes", to_base64(nodes));
}

Result<FileTree> parse_tree(const JsonView& view) {
  WM_CHECK(view.object());
  FileTree tree;
  WM_TRY(JsonView size_field, view.member("size"));
  WM_TRY(std::int64_t size, size_field.integer());
  if (size < 0) return size_field.fail("negative");
  tree.size = static_cast<std::uint64_t>(size);
  WM_TRY(JsonView digest_field, view.member("fsverity"));
  WM_TRY(std::string_view hex, digest_field.string());
  auto digest = Digest::from_hex(HashAlgorithm::kSha256, hex);
  if (!digest) return digest_field.fail(digest.error().what);
  tree.fsverity = *digest;
  WM_TRY(tree.nodes, parse_nodes(view, tree.size));
  // A file of up to one node has no nodes to compare, except that an empty one's is known.
  constexpr TreeNode kEmptyRoot{};
  if (tree.size == 0 && fsverity_digest(0, {&kEmptyRoot, 1}) != tree.fsverity)
    return inconsistent("the digest is not that of an empty file", view);
  if (!tree.nodes.empty() && fsverity_digest(tree.size, tree.nodes) != tree.fsverity)
    return inconsistent("the nodes and the size do not give the digest", view);
  return tree;
}

}  // namespace weightmark
