#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "attest/oms.h"
#include "attest/tree_json.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "hash/hasher.h"

namespace weightmark {
namespace {

// --- serialization (OMS 5.2.2)

Result<HashAlgorithm> parse_hash_type(const JsonView& field) {
  WM_TRY(std::string_view name, field.string());
  auto algorithm = find_algorithm(name);
  if (!algorithm)
    return refuse(ErrorCode::kAlgorithmUnknown, fmt::format("unknown algorithm \"{}\"", excerpt(name)), field.path());
  return *algorithm;
}

Result<void> parse_method(const JsonView& view, Serialization& serialization) {
  WM_TRY(JsonView field, view.member("method"));
  WM_TRY(std::string_view method, field.string());
  if (method != "files" && method != "shards")
    return refuse(ErrorCode::kSerializationMethod, fmt::format("\"{}\" is neither files nor shards", excerpt(method)),
                  field.path());
  serialization.method = method == "files" ? SerializationMethod::kFiles : SerializationMethod::kShards;
  return {};
}

Result<void> parse_shard_size(const JsonView& view, Serialization& serialization) {
  bool shards = serialization.method == SerializationMethod::kShards;
  if (shards != view.has("shard_size"))
    return refuse(ErrorCode::kShardSize, shards ? "missing" : "not allowed with the method files",
                  view.path() + ".shard_size");
  if (!shards) return {};
  WM_TRY(JsonView field, view.member("shard_size"));
  auto size = field.integer();
  if (!size || *size <= 0) return refuse(ErrorCode::kShardSize, "not a positive whole number", field.path());
  serialization.shard_size = static_cast<std::uint64_t>(*size);
  return {};
}

// Ignore paths follow the rules of file names (OMS 6.2.1). Glob characters are
// not special to us; old clients wrote whatever the user's files were called.
Result<void> parse_ignore_paths(const JsonView& view, Serialization& serialization) {
  if (!view.has("ignore_paths")) return {};
  WM_TRY(JsonView field, view.member("ignore_paths"));
  WM_TRY(JsonItems items, field.array());
  std::vector<std::string> paths;
  for (const JsonView& item : items) {
    WM_TRY(std::string_view path, item.string());
    if (auto status = check_name(path); !status)
      return refuse(ErrorCode::kIgnorePath, status.error().what, item.path());
    paths.emplace_back(path);
  }
  std::ranges::sort(paths);
  serialization.ignore_paths = std::move(paths);
  return {};
}

Result<Serialization> parse_serialization(const JsonView& predicate) {
  WM_TRY(JsonView view, predicate.member("serialization"));
  Serialization serialization;
  WM_CHECK(parse_method(view, serialization));
  WM_TRY(JsonView hash_type, view.member("hash_type"));
  WM_TRY(serialization.hash_type, parse_hash_type(hash_type));
  WM_CHECK(parse_shard_size(view, serialization));
  WM_TRY(JsonView symlinks, view.member("allow_symlinks"));
  WM_TRY(serialization.allow_symlinks, symlinks.boolean());
  WM_CHECK(parse_ignore_paths(view, serialization));
  return serialization;
}

// --- the tree annotation (docs/format.md)

// has_unknown_tree says whether there is a tree of a version to come. It is no
// evidence for this version, which hashes the whole file instead (FORMAT, section 2).
bool has_unknown_tree(const JsonMembers& annotations) {
  for (const auto& [key, value] : annotations)
    if (key.starts_with(kTreeAnnotationFamily) && key != kTreeAnnotation) return true;
  return false;
}

Result<void> parse_tree_annotation(const JsonView& annotations, const Serialization& serialization, FileEntry& file) {
  WM_TRY(JsonMembers members, annotations.object());
  // Null counts: a malformed tree is refused, never taken for none (FORMAT, section 2).
  const auto annotation = annotations.find(kTreeAnnotation);
  file.unknown_tree = !annotation && has_unknown_tree(members);
  if (!annotation) return {};
  const JsonView view = annotation->with_code(ErrorCode::kTreeMalformed);
  if (serialization.method == SerializationMethod::kShards) return view.fail("shards carry no trees");
  WM_TRY(file.tree, parse_tree(view));
  return {};
}

Result<void> parse_declared_annotation(const JsonView& annotations, const Serialization& serialization,
                                       FileEntry& file) {
  const auto annotation = annotations.find(kDeclaredAnnotation);
  if (!annotation) return {};
  const JsonView view = annotation->with_code(ErrorCode::kDeclaredMalformed);
  if (serialization.method == SerializationMethod::kShards) return view.fail("shards are not declared");
  if (file.tree) return view.fail("a tree is computed, so the digest beside it is not declared");
  WM_TRY(file.declared_size, parse_declared_size(view, *file.digest));
  return {};
}

Result<void> parse_annotations(const JsonView& resource, const Serialization& serialization, FileEntry& file) {
  if (!resource.has("annotations")) return {};
  WM_TRY(JsonView annotations, resource.member("annotations"));
  WM_CHECK(parse_tree_annotation(annotations, serialization, file));
  return parse_declared_annotation(annotations, serialization, file);
}

// --- resources (OMS 5.2.1, 6.3.2)

// allows_algorithm takes the hash type itself and, for shards, the Python
// client's spelling "sha256-sharded-1000000000".
bool allows_algorithm(std::string_view algorithm, const Serialization& serialization) {
  std::string_view hash_type = algorithm_name(serialization.hash_type);
  if (algorithm == hash_type) return true;
  return serialization.method == SerializationMethod::kShards &&
         algorithm == fmt::format("{}-sharded-{}", hash_type, serialization.shard_size);
}

bool parse_offset(std::string_view text, std::uint64_t& value) {
  bool canonical = !text.empty() && (text == "0" || text.front() != '0');
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return canonical && error == std::errc() && end == text.data() + text.size();
}

// parse_shard_name splits "path:begin:end" at the last two colons (OMS 6.3.2) and
// leaves the path.
Result<Shard> parse_shard_name(std::string& name, const JsonView& view) {
  Shard shard;
  const std::string_view text = name;
  std::size_t second = text.rfind(':');
  std::size_t first =
      second == std::string_view::npos || second == 0 ? std::string_view::npos : text.rfind(':', second - 1);
  bool split = first != std::string_view::npos;
  if (!split || !parse_offset(text.substr(first + 1, second - first - 1), shard.begin) ||
      !parse_offset(text.substr(second + 1), shard.end) || shard.begin >= shard.end)
    return refuse(ErrorCode::kShardMalformed, fmt::format("\"{}\" does not end in :START:END", excerpt(text)),
                  view.path());
  name.resize(first);
  return shard;
}

Result<void> parse_name(const JsonView& view, const Serialization& serialization, std::size_t count, FileEntry& file) {
  WM_TRY(JsonView field, view.member("name"));
  WM_TRY(file.name, field.string());
  bool shards = serialization.method == SerializationMethod::kShards;
  if (shards) {
    WM_TRY(Shard shard, parse_shard_name(file.name, view));
    file.shards = {shard};
  }
  bool single = file.name == kSingleFileName && (shards || count == 1);
  if (single) return {};
  return check_name(file.name);
}

Result<Digest> parse_digest(const JsonView& view, const Serialization& serialization, const std::string& name) {
  WM_TRY(JsonView algorithm_field, view.member("algorithm"));
  WM_TRY(std::string_view algorithm, algorithm_field.string());
  if (!allows_algorithm(algorithm, serialization))
    return refuse(ErrorCode::kAlgorithmMismatch,
                  fmt::format("the algorithm is \"{}\", the hash type \"{}\"", excerpt(algorithm),
                              algorithm_name(serialization.hash_type)),
                  name);
  WM_TRY(JsonView digest_field, view.member("digest"));
  WM_TRY(std::string_view hex, digest_field.string());
  auto digest = Digest::from_hex(serialization.hash_type, hex);
  if (!digest) return refuse(digest.error().code, digest.error().what, name);
  return digest;
}

// parse_resource returns a file with a digest, or with a single one of its shards.
Result<FileEntry> parse_resource(const JsonView& view, const Serialization& serialization, std::size_t count) {
  FileEntry file;
  WM_CHECK(parse_name(view, serialization, count, file));
  WM_TRY(Digest digest, parse_digest(view, serialization, file.name));
  if (file.shards.empty())
    file.digest = digest;
  else
    file.shards.front().digest = digest;
  WM_CHECK(parse_annotations(view, serialization, file));
  return file;
}

Result<std::vector<FileEntry>> parse_resources(const JsonView& predicate, const Serialization& serialization) {
  WM_TRY(JsonView field, predicate.member("resources"));
  WM_TRY(JsonItems items, field.array());
  if (items.empty()) return refuse(ErrorCode::kResourcesEmpty, "no files are listed", field.path());
  if (items.size() > kMaxFiles)
    return refuse(ErrorCode::kTooManyFiles, fmt::format("{}, over the limit of {}", items.size(), kMaxFiles),
                  field.path());
  std::vector<FileEntry> resources;
  resources.reserve(items.size());
  for (const JsonView& item : items) {
    WM_TRY(FileEntry file, parse_resource(item, serialization, items.size()));
    resources.push_back(std::move(file));
  }
  return resources;
}

// --- version 0.2: the files are the subjects

Result<std::vector<FileEntry>> resources_of_v02(const Statement& statement) {
  std::vector<FileEntry> resources;
  for (const Subject& subject : statement.subjects) {
    bool single = subject.name == kSingleFileName && statement.subjects.size() == 1;
    if (!single) WM_CHECK(check_name(subject.name));
    auto digest = Digest::from_hex(HashAlgorithm::kSha256, subject.digest("sha256"));
    if (!digest) return refuse(digest.error().code, digest.error().what, subject.name);
    resources.push_back({subject.name, *digest, {}, {}, false});
  }
  return resources;
}

// --- from resources to files

// root_of hashes the digests in the order of the statement.
Digest root_of(const std::vector<FileEntry>& resources) {
  Hasher hasher(HashAlgorithm::kSha256);
  for (const FileEntry& file : resources)
    hasher.update(file.digest ? file.digest->bytes() : file.shards.front().digest.bytes());
  return hasher.finish();
}

Result<void> append_shard(FileEntry& file, const Shard& shard, std::uint64_t shard_size) {
  std::uint64_t expected = file.shards.empty() ? 0 : file.shards.back().end;
  auto refuse_range = [&](ErrorCode code, std::string_view what) {
    return refuse(code, fmt::format("bytes {} to {} {}", shard.begin, shard.end, what), file.name);
  };
  if (!file.shards.empty() && file.shards.back().begin == shard.begin && file.shards.back().end == shard.end)
    return refuse_range(ErrorCode::kNameDuplicate, "are listed twice");
  if (shard.begin < expected) return refuse_range(ErrorCode::kShardOverlap, "overlap others");
  if (shard.begin > expected) return refuse_range(ErrorCode::kShardGap, "leave a gap before them");
  bool after_short = shard.begin % shard_size != 0;
  if (after_short || shard.end - shard.begin > shard_size)
    return refuse_range(ErrorCode::kShardSize, fmt::format("are not a shard of {}", shard_size));
  file.shards.push_back(shard);
  return {};
}

// join_shards makes one file of all resources of a name. They are sorted.
Result<std::vector<FileEntry>> join_shards(std::vector<FileEntry> resources, std::uint64_t shard_size) {
  std::vector<FileEntry> files;
  for (FileEntry& resource : resources) {
    if (files.empty() || files.back().name != resource.name) {
      files.emplace_back();
      files.back().name = std::move(resource.name);
    }
    WM_CHECK(append_shard(files.back(), resource.shards.front(), shard_size));
  }
  return files;
}

Result<std::vector<FileEntry>> group_files(std::vector<FileEntry> resources, const Serialization& serialization) {
  auto begin = [](const FileEntry& file) { return file.shards.empty() ? 0 : file.shards.front().begin; };
  auto before = [&](const FileEntry& a, const FileEntry& b) {
    return a.name != b.name ? a.name < b.name : begin(a) < begin(b);
  };
  if (!std::ranges::is_sorted(resources, before)) std::ranges::stable_sort(resources, before);
  if (serialization.method == SerializationMethod::kShards)
    return join_shards(std::move(resources), serialization.shard_size);
  auto twice = std::ranges::adjacent_find(resources, {}, &FileEntry::name);
  if (twice != resources.end()) return refuse(ErrorCode::kNameDuplicate, "the name is listed twice", twice->name);
  return resources;
}

Result<void> check_single(const Manifest& manifest) {
  if (manifest.files.size() > 1 && find_file(manifest, kSingleFileName) != nullptr)
    return refuse(ErrorCode::kNameDot, "\".\" stands for a model of one file, and there are more", kSingleFileName);
  return {};
}

Result<void> check_digests(const Subject& subject, const Digest& root, Manifest& manifest) {
  std::string_view claimed = subject.digest("sha256");
  if (claimed.empty()) return refuse(ErrorCode::kStatementMalformed, "no sha256", "subject[0].digest");
  if (claimed != root.hex())
    return refuse(ErrorCode::kRootMismatch,
                  fmt::format("the subject says {}, the resources give {}", excerpt(claimed), root.hex()),
                  "subject[0].digest.sha256");
  manifest.root = root;
  // What the signer did not sign is not attributed to the signer.
  std::string_view claimed_v1 = subject.digest(kManifestV1);
  if (claimed_v1.empty()) return {};
  manifest.manifest_v1 = manifest_v1(manifest);
  if (manifest.manifest_v1 && claimed_v1 == manifest.manifest_v1->hex()) return {};
  return refuse(ErrorCode::kManifestDigestMismatch,
                fmt::format("the subject says {}, the resources give {}", excerpt(claimed_v1),
                            manifest.manifest_v1 ? manifest.manifest_v1->hex() : "none"),
                fmt::format("subject[0].digest.{}", kManifestV1));
}

Result<Manifest> parse_v02(const Statement& statement) {
  WM_TRY(std::vector<FileEntry> resources, resources_of_v02(statement));
  Manifest manifest;
  Digest root = root_of(resources);
  WM_TRY(manifest.files, group_files(std::move(resources), manifest.serialization));
  WM_CHECK(check_conflicts(manifest.files));
  manifest.root = root;
  return manifest;
}

}  // namespace

Result<std::uint64_t> parse_declared_size(const JsonView& view, const Digest& digest) {
  WM_TRY(JsonView field, view.member("size"));
  WM_TRY(std::int64_t size, field.integer());
  if (size < 0) return field.fail("negative");
  if (size == 0 && digest != hash_bytes(digest.algorithm(), {}))
    return std::unexpected(
        Error{ErrorCode::kDeclaredMalformed, "the digest is not that of an empty file", field.path(), {}});
  return static_cast<std::uint64_t>(size);
}

// In the order of components, one of the files below "a" follows right after "a".
Result<void> check_conflicts(const std::vector<FileEntry>& files) {
  std::vector<std::string_view> names;
  names.reserve(files.size());
  for (const FileEntry& file : files) names.emplace_back(file.name);
  if (!std::ranges::is_sorted(names, by_components)) std::ranges::sort(names, by_components);
  auto is_below = [](std::string_view folder, std::string_view name) {
    return name.size() > folder.size() && name[folder.size()] == '/' && name.starts_with(folder);
  };
  auto found = std::ranges::adjacent_find(names, is_below);
  if (found == names.end()) return {};
  return refuse(ErrorCode::kNameConflict, fmt::format("\"{}\" is listed as a file too", *found), found[1]);
}

Result<Manifest> parse_oms(const Statement& statement) {
  if (statement.predicate_type == kOmsPredicateTypeV02) return parse_v02(statement);
  if (statement.predicate_type != kOmsPredicateType)
    return refuse(ErrorCode::kPredicateType,
                  fmt::format("\"{}\" is not {}", excerpt(statement.predicate_type), kOmsPredicateType),
                  "predicateType");
  if (statement.subjects.size() != 1)
    return refuse(ErrorCode::kSubjectSeveral, fmt::format("{} subjects", statement.subjects.size()), "subject");
  Manifest manifest;
  manifest.name = statement.subjects.front().name;
  const JsonView predicate = statement.predicate();
  WM_TRY(manifest.serialization, parse_serialization(predicate));
  WM_TRY(std::vector<FileEntry> resources, parse_resources(predicate, manifest.serialization));
  Digest root = root_of(resources);
  WM_TRY(manifest.files, group_files(std::move(resources), manifest.serialization));
  WM_CHECK(check_single(manifest));
  WM_CHECK(check_conflicts(manifest.files));
  WM_CHECK(check_digests(statement.subjects.front(), root, manifest));
  return manifest;
}

}  // namespace weightmark
