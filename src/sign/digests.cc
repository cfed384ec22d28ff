// The list of digests that `sign --digests` takes: docs/digests.schema.json.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "attest/oms.h"
#include "base/json_document.h"
#include "base/text.h"
#include "base/try.h"
#include "model/known_files.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

constexpr std::string_view kDigestsSchema = "weightmark.digests.v1";

Result<HashAlgorithm> parse_header(const JsonView& view) {
  WM_CHECK(view.only({"schema", "algorithm", "files"}));
  WM_TRY(JsonView schema, view.member("schema"));
  WM_TRY(std::string_view version, schema.string());
  if (version != kDigestsSchema) return schema.fail(fmt::format("not {}", kDigestsSchema));
  WM_TRY(JsonView field, view.member("algorithm"));
  WM_TRY(std::string_view name, field.string());
  if (auto algorithm = find_algorithm(name)) return *algorithm;
  return std::unexpected(
      Error{ErrorCode::kAlgorithmUnknown, fmt::format("unknown algorithm \"{}\"", excerpt(name)), field.path(), {}});
}

Result<FileEntry> parse_file(const JsonView& view, HashAlgorithm algorithm) {
  WM_CHECK(view.only({"name", "size", "digest"}));
  FileEntry file;
  WM_TRY(JsonView name, view.member("name"));
  WM_TRY(file.name, name.string());
  WM_CHECK(check_name(file.name));
  WM_TRY(JsonView digest, view.member("digest"));
  WM_TRY(std::string_view hex, digest.string());
  auto parsed = Digest::from_hex(algorithm, hex);
  if (!parsed) return std::unexpected(Error{parsed.error().code, parsed.error().what, file.name, {}});
  file.digest = *parsed;
  WM_TRY(file.declared_size, parse_declared_size(view, *file.digest));
  return file;
}

// check_total keeps the sum of the sizes in 64 bits.
Result<void> check_total(const std::vector<FileEntry>& files, const JsonView& field) {
  auto room = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (const FileEntry& file : files) {
    if (*file.declared_size > room) return field.fail("more bytes than any model has");
    room -= *file.declared_size;
  }
  return {};
}

}  // namespace

Result<std::vector<FileEntry>> parse_digests(std::string_view json) {
  WM_TRY(JsonDocument document, JsonDocument::parse(json));
  const JsonView view = document.root(ErrorCode::kDigestsMalformed);
  WM_TRY(HashAlgorithm algorithm, parse_header(view));
  WM_TRY(JsonView field, view.member("files"));
  WM_TRY(JsonItems items, field.array());
  if (items.empty()) return field.fail("no files are listed");
  if (items.size() > kMaxFiles)
    return std::unexpected(
        Error{ErrorCode::kTooManyFiles, fmt::format("{}, over the limit of {}", items.size(), kMaxFiles), "files", {}});
  std::vector<FileEntry> files;
  for (const JsonView& item : items) {
    WM_TRY(FileEntry file, parse_file(item, algorithm));
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, &FileEntry::name);
  WM_CHECK(check_listed_names(files));
  WM_CHECK(check_total(files, field));
  return files;
}

}  // namespace weightmark
