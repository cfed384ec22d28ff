// Signing a model on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/digest.h"
#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/key.h"
#include "weightmark/manifest.h"
#include "weightmark/observer.h"
#include "weightmark/report.h"
#include "weightmark/signer.h"

namespace weightmark {

// Compatibility says which older client a signature should suit.
enum class Compatibility {
  kSpecification,
  // The Python client up to 1.1.1 cannot read the specification's name for a
  // model that is one file; this writes "." and its order of resources.
  kPython,
};

// HashOptions say which files of a model are hashed, and how.
struct HashOptions {
  std::filesystem::path model = {};
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  std::uint64_t shard_size = 0;  // bytes; 0: whole files
  bool allow_symlinks = false;
  bool ignore_git_paths = true;
  std::vector<std::string> ignore_paths = {};  // relative to the model's root
  std::optional<std::string> name = {};        // what the model is called; its folder's name where absent
  Compatibility compatibility = Compatibility::kSpecification;
  WorkOptions work = {};
};

// HashedModel is a manifest and what was noticed on the way.
struct HashedModel {
  Manifest manifest;
  std::vector<std::string> warnings;
  std::uint64_t bytes = 0;  // of all files
  std::size_t reused = 0;   // files that were not hashed again (SignOptions::record_folder)
};

// hash_model lists and hashes a model. With whole files, digests and fs-verity
// trees come from one pass over the bytes.
// Errors: model-not-found, model-empty, usage, and those of listing and hashing.
WEIGHTMARK_API Result<HashedModel> hash_model(const HashOptions& options);

// parse_digests reads a list of digests that a registry or an LFS store knows, of
// docs/digests.schema.json. The files are in byte order of their names, each with a
// digest and a declared size.
// Errors: digests-malformed, declared-malformed, algorithm-unknown, too-many-files,
// name-*, digest-*, json-*.
WEIGHTMARK_API Result<std::vector<FileEntry>> parse_digests(std::string_view json);

// The most bytes that a list of digests may have: it says less than the statement.
inline constexpr std::uint64_t kMaxDigestsSize = 64U << 20U;

// SignOptions say who signs, and where the signature goes.
struct SignOptions {
  HashOptions hash = {};
  // A key with the chain of its certificate, as key_signer takes them, or any signer.
  SigningKey* key = nullptr;
  std::vector<Certificate> chain = {};
  Signer* signer = nullptr;
  // Where absent: MODEL/model.sig for a folder, FILE.sig for a file.
  std::optional<std::filesystem::path> signature = {};
  Time time = {};  // now; a certificate that is not valid now does not sign
  // Where this user's private records of earlier digests lie. Files that did not
  // change since the record was written are not hashed again, and after signing the
  // record is replaced. Absent: none is read or written. Not with shards.
  std::optional<std::filesystem::path> record_folder = {};
  // What parse_digests or FileHashers returned: sign this and read no file. The model,
  // where hash.model names one, must have these files with these sizes; where it is
  // empty, hash.name and signature are required. hash.algorithm is not used, shards and
  // record_folder cannot be. Empty: the model is hashed.
  std::vector<FileEntry> known = {};
};

// SignedOutput is what was written.
struct SignedOutput {
  std::filesystem::path signature;
  HashedModel model;
  SignerReport signer;  // as the new bundle tells it, verified
};

// sign_model hashes a model, signs the statement, verifies the new bundle and
// only then writes it, whole or not at all. It replaces an older signature, but no
// other file.
// Errors: those of hash_model, digests-mismatch, those of the signer, certificate-*,
// signature-place-taken, self-check, bundle-too-large, disk-full, write-failed. A record
// that cannot be used or written is a warning.
WEIGHTMARK_API Result<SignedOutput> sign_model(const SignOptions& options);

}  // namespace weightmark
