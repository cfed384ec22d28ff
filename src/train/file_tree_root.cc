#include "train/file_tree_root.h"

#include <algorithm>

#include "base/encoding.h"
#include "tlog/merkle.h"

namespace weightmark {
namespace {

// Subtree is complete and has 2^height leaves.
struct Subtree {
  MerkleHash hash;
  unsigned height = 0;
};

void add_leaf(std::vector<Subtree>& stack, const std::string& line) {
  Subtree last{merkle_leaf(as_bytes(line)), 0};
  while (!stack.empty() && stack.back().height == last.height) {
    last = {merkle_node(stack.back().hash, last.hash), last.height + 1};
    stack.pop_back();
  }
  stack.push_back(last);
}

// join_rest hangs the smaller subtrees on the right under the larger ones on their left.
MerkleHash join_rest(const std::vector<Subtree>& stack) {
  MerkleHash hash = stack.back().hash;
  for (std::size_t i = stack.size() - 1; i-- > 0;) hash = merkle_node(stack[i].hash, hash);
  return hash;
}

}  // namespace

std::optional<MerkleRoot> merkle_root(std::vector<NamedSha256> files) {
  if (files.empty()) return std::nullopt;
  std::ranges::sort(files);
  std::vector<Subtree> stack;
  for (const auto& [name, digest] : files) add_leaf(stack, digest + "  " + name);
  return MerkleRoot{to_hex(join_rest(stack)), static_cast<std::int64_t>(files.size())};
}

std::vector<NamedSha256> named_digests(const Manifest& manifest) {
  std::vector<NamedSha256> files;
  files.reserve(manifest.files.size());
  for (const FileEntry& file : manifest.files)
    if (file.digest && file.digest->algorithm() == HashAlgorithm::kSha256)
      files.emplace_back(file.name, file.digest->hex());
  return files;
}

}  // namespace weightmark
