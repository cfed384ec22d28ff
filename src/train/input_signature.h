// Whose an input is: its own signature, judged before anything uses it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "attest/training.h"
#include "weightmark/key.h"
#include "weightmark/manifest.h"
#include "weightmark/observer.h"
#include "weightmark/policy.h"
#include "weightmark/trusted_root.h"

namespace weightmark {

// InputTrust is who may have signed inputs. With a policy each input must hold by it; else
// one of the keys makes a signature a verified one, and any other stays a claim.
struct InputTrust {
  std::optional<Policy> policy;
  std::optional<TrustedRoot> root;  // for a policy that needs one
  std::vector<PublicKey> keys;
};

// SignedInput is what was found.
struct SignedInput {
  std::optional<InputSignature> signature;  // none where the input is not signed
  // What was signed, once each file on disk was compared with it by its whole digest.
  std::optional<Manifest> manifest;
  std::vector<std::string> warnings;
};

// read_input_signature verifies the signature of the dataset or model at `path`.
// Errors: with a policy whatever it refuses; signature-ambiguous, read-failed.
Result<SignedInput> read_input_signature(const std::filesystem::path& path, const InputTrust& trust, Time now,
                                         const WorkOptions& work);

// SignedFile is a bundle on disk.
struct SignedFile {
  std::filesystem::path path;  // empty where there is none
  std::string sha256;          // lower-case hex
};

// find_provenance finds the bundle with the input's own provenance.
// Errors: those of reading the file.
Result<SignedFile> find_provenance(const std::filesystem::path& path);

}  // namespace weightmark
