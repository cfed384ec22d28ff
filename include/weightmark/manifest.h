// The manifest: which files a model has, and their digests. It is what an OMS
// statement says (specification 1.0, section 5.2), in typed form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/digest.h"
#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/file_tree.h"

namespace weightmark {

// SerializationMethod says how a file becomes resources (OMS 6.3).
enum class SerializationMethod {
  kFiles,   // one digest a file
  kShards,  // one digest a range of shard_size bytes
};

// Serialization holds the parameters that a verifier needs to list and hash a
// model as the signer did (OMS 5.2.2).
struct Serialization {
  SerializationMethod method = SerializationMethod::kFiles;
  HashAlgorithm hash_type = HashAlgorithm::kSha256;
  std::uint64_t shard_size = 0;  // bytes; 0 for kFiles
  bool allow_symlinks = false;
  // Relative paths from the model's root, sorted. Absent in bundles before 1.1.
  std::optional<std::vector<std::string>> ignore_paths;

  friend bool operator==(const Serialization&, const Serialization&) = default;
};

// Shard is the digest of bytes begin to end, exclusive.
struct Shard {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Digest digest;

  friend bool operator==(const Shard&, const Shard&) = default;
};

// FileEntry is one file of a manifest. With kFiles it has a digest and may have
// a tree or a declared size; with kShards it has shards without gaps from 0 to its
// size.
struct FileEntry {
  std::string name;  // relative, '/' between components, UTF-8 (OMS 6.1.2)
  std::optional<Digest> digest;
  std::vector<Shard> shards;
  std::optional<FileTree> tree;
  bool unknown_tree = false;  // signed with a tree of a version that this library does not know
  // Bytes. Set where the signer took size and digest from somewhere else and did not
  // compute them; never beside a tree.
  std::optional<std::uint64_t> declared_size = {};

  // size returns the file's size in bytes where the entry tells it.
  std::optional<std::uint64_t> size() const;

  friend bool operator==(const FileEntry&, const FileEntry&) = default;
};

// Manifest is the whole model.
struct Manifest {
  std::string name;  // the subject's name, what the publisher calls the model
  Serialization serialization;
  std::vector<FileEntry> files;  // in byte order of their names, each once
  Digest root;                   // SHA-256 over the digests as listed (OMS 6.5.1)
  // SHA-256 that binds names, digests, sizes and trees (docs/format.md);
  // only where every file has a digest and a tree.
  std::optional<Digest> manifest_v1;

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

// find_file returns the entry of that name, or null.
WEIGHTMARK_API const FileEntry* find_file(const Manifest& manifest, std::string_view name);

// check_name says whether `name` is a file name that OMS 6.1.2 allows: relative,
// no empty, "." or ".." component, no NUL, valid UTF-8, at most 4096 bytes.
// Errors: name-empty, name-absolute, name-dot, name-dot-dot,
// name-empty-component, name-nul, name-utf8, name-too-long.
WEIGHTMARK_API Result<void> check_name(std::string_view name);

// declared_count returns how many files have a digest that the signer declared and
// did not compute.
WEIGHTMARK_API std::size_t declared_count(const Manifest& manifest);

// complete_manifest sorts the files, computes the root digest in the order of the
// specification and, where possible, manifest_v1.
WEIGHTMARK_API void complete_manifest(Manifest& manifest);

// Limits of FORMAT, section 11.
inline constexpr std::size_t kMaxFiles = 1'000'000;
inline constexpr std::size_t kMaxNameSize = 4096;

}  // namespace weightmark
