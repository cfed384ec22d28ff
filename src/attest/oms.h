// The OpenSSF Model Signing predicate: statements to manifests and back.
// https://github.com/ossf/model-signing-spec, version 1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/statement.h"
#include "weightmark/manifest.h"

namespace weightmark {

inline constexpr std::string_view kOmsPredicateType = "https://model_signing/signature/v1.0";
// Version 0.2.0: the files are the statement's subjects (OMS 5.1, historical note).
inline constexpr std::string_view kOmsPredicateTypeV02 = "https://model_signing/Digests/v0.1";

// The subject's digest that binds names, sizes and trees as well as contents.
inline constexpr std::string_view kManifestV1 = "weightmarkManifestV1";
inline constexpr std::string_view kTreeAnnotation = "weightmark_tree_v1";
inline constexpr std::string_view kTreeAnnotationFamily = "weightmark_tree_v";  // of all versions

// A resource's annotation: size and digest were declared, not computed.
inline constexpr std::string_view kDeclaredAnnotation = "weightmark_declared_v1";

// The Python client gives a model that is one file the name ".".
inline constexpr std::string_view kSingleFileName = ".";

// parse_oms turns a statement into a manifest. It reads every dialect: version
// 0.2, any order of the resources (the root digest follows the order as listed),
// "." for a single file, "sha256-sharded-N" as algorithm.
// Errors: predicate-type, subject-several, statement-malformed, resources-empty,
// too-many-files, name-*, digest-*, algorithm-*, serialization-method, shard-*,
// ignore-path, tree-*, declared-malformed, root-mismatch, manifest-digest-mismatch.
Result<Manifest> parse_oms(const Statement& statement);

// check_conflicts refuses "a" beside "a/b": no folder can hold both.
// Errors: name-conflict.
Result<void> check_conflicts(const std::vector<FileEntry>& files);

// parse_declared_size reads the member `size` of a file whose digest is declared. An
// empty file's digest is known, so it is compared here: readers have nothing to read.
// Errors: the code of `view`, declared-malformed.
Result<std::uint64_t> parse_declared_size(const JsonView& view, const Digest& digest);

// ResourceOrder says how the resources of a statement are sorted.
enum class ResourceOrder {
  kSpecification,  // by code points of the whole name (OMS 5.2.1)
  kPython,         // by path components, shards by offset, as the Python client does
};

// write_oms turns a complete manifest into the text of a statement. The same manifest
// and order give the same text.
std::string write_oms(const Manifest& manifest, ResourceOrder order);

// by_components orders names as Python's pathlib does, component by component:
// "a/b" before "a-b". So a folder's files follow a file of the folder's name.
bool by_components(std::string_view a, std::string_view b);

// NamedDigest is one resource: a file, or a shard named "path:begin:end".
struct NamedDigest {
  std::string name;
  Digest digest;
  const FileEntry* file = nullptr;
};

// list_resources lists a manifest's resources in an order. They point into it.
std::vector<NamedDigest> list_resources(const Manifest& manifest, ResourceOrder order);

// manifest_v1 is SHA-256 over names, digests, sizes and trees (docs/format.md); nothing
// where a file lacks a digest or a tree.
std::optional<Digest> manifest_v1(const Manifest& manifest);

// root_digest is SHA-256 over the digests in the order given (OMS 6.5.1).
Digest root_digest(const std::vector<NamedDigest>& resources);

}  // namespace weightmark
