#include "model/compare.h"

#include <fmt/format.h>

namespace weightmark {
namespace {

FileReport failed(std::string_view name, Error error) {
  return {std::string(name), Coverage::kFailed, 0, std::move(error)};
}

FileReport mismatch(const FileEntry& file, std::string what) {
  return failed(file.name, {ErrorCode::kFileMismatch, std::move(what), file.name,
                            "the file is not the one that was signed; get it again from its publisher"});
}

// digests_differ words what --json and people both need: both digests.
std::string digests_differ(const Digest& signed_digest, const Digest& measured) {
  return fmt::format("changed since it was signed: its {} digest is {}, signed was {}",
                     algorithm_name(measured.algorithm()), measured.hex(), signed_digest.hex());
}

}  // namespace

Result<void> check_size(const FileEntry& signed_file, std::uint64_t size) {
  auto signed_size = signed_file.size();
  if (!signed_size || *signed_size == size) return {};
  bool past_end = size < *signed_size && !signed_file.shards.empty();
  return std::unexpected(Error{past_end ? ErrorCode::kShardPastEnd : ErrorCode::kFileMismatch,
                               fmt::format("has {} bytes, signed were {}", size, *signed_size), signed_file.name,
                               "the file is not the one that was signed; get it again from its publisher"});
}

FileReport compare_file(const FileEntry& signed_file, const Result<FileEntry>& measured) {
  if (!measured) return failed(signed_file.name, measured.error());
  if (signed_file.digest != measured->digest)
    return mismatch(signed_file, digests_differ(*signed_file.digest, *measured->digest));
  if (signed_file.shards.size() != measured->shards.size())
    return mismatch(signed_file,
                    fmt::format("has {} shards, signed were {}", measured->shards.size(), signed_file.shards.size()));
  for (std::size_t i = 0; i < signed_file.shards.size(); ++i) {
    const Shard& wanted = signed_file.shards[i];
    const Shard& found = measured->shards[i];
    if (wanted != found)
      return mismatch(signed_file, fmt::format("bytes {} to {}: {}", wanted.begin, wanted.end,
                                               digests_differ(wanted.digest, found.digest)));
  }
  return {signed_file.name, Coverage::kWhole, 0, std::nullopt};
}

std::vector<FileReport> report_unsigned(const Manifest& manifest, const Listing& listing, const UnsignedRules& rules) {
  std::vector<FileReport> reports;
  bool shards = manifest.serialization.method == SerializationMethod::kShards;
  for (const ListedFile& file : listing.files) {
    if (find_file(manifest, file.name) != nullptr) continue;
    // Shards cannot cover an empty file, so no signer can list one (OMS 6.3.2).
    bool beyond_shards = shards && file.identity.size == 0;
    if (rules.tolerate || beyond_shards)
      reports.push_back({file.name, Coverage::kNotCovered, 0, std::nullopt});
    else
      reports.push_back(failed(file.name, {ErrorCode::kFileExtra, "is there but was not signed", file.name,
                                           "remove it, or accept unsigned files with --ignore-unsigned-files"}));
  }
  for (const std::string& name : listing.ignored) {
    // What is signed is verified, whatever the user would rather ignore.
    if (find_file(manifest, name) != nullptr) continue;
    Coverage coverage = rules.recorded.matches(name) ? Coverage::kIgnored : Coverage::kNotCovered;
    reports.push_back({name, coverage, 0, std::nullopt});
  }
  return reports;
}

}  // namespace weightmark
