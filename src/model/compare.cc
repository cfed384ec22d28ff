#include "model/compare.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/name_cursor.h"

namespace weightmark {
namespace {

FileReport failed(std::string_view name, Error error) {
  return {std::string(name), Coverage::kFailed, 0, std::move(error), {}};
}

FileReport mismatch(const FileEntry& file, std::string what) {
  return failed(file.name, {ErrorCode::kFileMismatch, std::move(what), file.name, kMismatchHint});
}

// differ words what --json and people both need: both digests.
std::string differ(std::string_view kind, std::string_view found, std::string_view wanted) {
  return fmt::format("changed since it was signed: its {} is {}, signed was {}", kind, found, wanted);
}

std::string differ(const Digest& wanted, const Digest& found) {
  return differ(fmt::format("{} digest", algorithm_name(found.algorithm())), found.hex(), wanted.hex());
}

// Difference is how a measured file is not the signed one; none where it is.
using Difference = std::optional<std::string>;

Difference compare_digests(const FileEntry& wanted, const FileEntry& found) {
  // Nothing compared is nothing verified.
  if (!wanted.digest || !found.digest) return "has no digest to compare";
  if (wanted.digest == found.digest) return std::nullopt;
  return differ(*wanted.digest, *found.digest);
}

Difference compare_shards(const FileEntry& wanted, const FileEntry& found) {
  if (wanted.shards.size() != found.shards.size())
    return fmt::format("has {} shards, signed were {}", found.shards.size(), wanted.shards.size());
  auto [first, other] = std::ranges::mismatch(wanted.shards, found.shards);
  if (first == wanted.shards.end()) return std::nullopt;
  return fmt::format("bytes {} to {}: {}", first->begin, first->end, differ(first->digest, other->digest));
}

// compare_trees names the first node that differs. Where nodes are compared, they
// were checked against the signed fs-verity digest before (parse_oms).
Difference compare_trees(const FileTree& wanted, const FileTree& found) {
  if (wanted.size != found.size) return fmt::format("has {} bytes, signed were {}", found.size, wanted.size);
  auto [first, other] = std::ranges::mismatch(wanted.nodes, found.nodes);
  if (first != wanted.nodes.end() && other != found.nodes.end()) {
    const std::uint64_t begin = static_cast<std::uint64_t>(first - wanted.nodes.begin()) * kNodeSize;
    return fmt::format("bytes {} to {}: {}", begin, std::min(begin + kNodeSize, wanted.size),
                       differ("fs-verity node", to_hex(*other), to_hex(*first)));
  }
  if (wanted.fsverity == found.fsverity) return std::nullopt;
  return differ("fs-verity digest", found.fsverity.hex(), wanted.fsverity.hex());
}

// compare_both judges a file by its digest and its tree. Where they disagree, the
// signer listed one content's digest beside another content's tree.
FileReport compare_both(const FileEntry& wanted, const FileEntry& found) {
  const Difference digest = compare_digests(wanted, found);
  const Difference tree = compare_trees(*wanted.tree, *found.tree);
  if (digest && tree) return mismatch(wanted, *digest);
  if (!digest && !tree) return {wanted.name, Coverage::kWhole, 0, std::nullopt, {}};
  std::string what = digest ? "has the signed tree, but not the signed digest: " + *digest
                            : "has the signed digest, but not the signed tree: " + *tree;
  return failed(wanted.name, {ErrorCode::kTreeConflict, std::move(what), wanted.name,
                              "the signer listed two contents for it; do not use the model"});
}

}  // namespace

Result<void> check_size(const FileEntry& signed_file, std::uint64_t size) {
  auto signed_size = signed_file.size();
  if (!signed_size || *signed_size == size) return {};
  bool past_end = size < *signed_size && !signed_file.shards.empty();
  return std::unexpected(Error{past_end ? ErrorCode::kShardPastEnd : ErrorCode::kFileMismatch,
                               fmt::format("has {} bytes, signed were {}", size, *signed_size), signed_file.name,
                               kMismatchHint});
}

FileReport compare_file(const FileEntry& signed_file, const Result<Measurement>& measured) {
  if (!measured) return failed(signed_file.name, measured.error());
  const FileEntry& found = measured->entry;
  if (found.tree && found.digest && signed_file.tree) return compare_both(signed_file, found);
  const bool by_tree = found.tree && signed_file.tree;
  const Difference difference = by_tree                      ? compare_trees(*signed_file.tree, *found.tree)
                                : signed_file.shards.empty() ? compare_digests(signed_file, found)
                                                             : compare_shards(signed_file, found);
  if (difference) return mismatch(signed_file, *difference);
  const Coverage coverage = measured->by_kernel ? Coverage::kKernel : by_tree ? Coverage::kTree : Coverage::kWhole;
  return {signed_file.name, coverage, 0, std::nullopt, measured->note};
}

std::vector<FileReport> report_unsigned(const Manifest& manifest, const Listing& listing, const UnsignedRules& rules) {
  std::vector<FileReport> reports;
  bool shards = manifest.serialization.method == SerializationMethod::kShards;
  NameCursor signed_files(manifest.files);
  for (const ListedFile& file : listing.files) {
    if (signed_files.find(file.name) != nullptr) continue;
    // Shards cannot cover an empty file, so no signer can list one (OMS 6.3.2).
    bool beyond_shards = shards && file.identity.size == 0;
    if (rules.tolerate || beyond_shards || !rules.selection.selects(file.name))
      reports.push_back({file.name, Coverage::kNotCovered, 0, std::nullopt, {}});
    else
      reports.push_back(failed(file.name, {ErrorCode::kFileExtra, "is there but was not signed", file.name,
                                           "remove it, or accept unsigned files with --ignore-unsigned-files"}));
  }
  for (const std::string& name : listing.ignored) {
    // What is signed is verified, whatever the user would rather ignore.
    if (find_file(manifest, name) != nullptr) continue;
    Coverage coverage = rules.recorded.matches(name) ? Coverage::kIgnored : Coverage::kNotCovered;
    reports.push_back({name, coverage, 0, std::nullopt, {}});
  }
  return reports;
}

}  // namespace weightmark
