// Verifying a model on disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weightmark/export.h"
#include "weightmark/lock.h"
#include "weightmark/manifest.h"
#include "weightmark/observer.h"
#include "weightmark/policy.h"
#include "weightmark/report.h"
#include "weightmark/trust.h"
#include "weightmark/verified.h"

namespace weightmark {

// Evidence says what signed files are compared by.
enum class Evidence {
  // The signed fs-verity tree, which all processors hash at once; or the kernel's
  // own digest where it keeps the file sealed, and then nothing is read. Files that
  // were signed without a tree: their whole digests. Where the expected digest is
  // the root digest, which does not bind trees: kBoth.
  kTrees,
  kWholeFiles,  // the digests of whole files, as any other client does
  kBoth,        // both, which finds a signer who lists two contents for one file
};

// VerifyOptions say what to verify and against what.
struct VerifyOptions {
  std::filesystem::path model = {};
  // The bundle; where absent it is looked for inside the model, then beside it.
  std::optional<std::filesystem::path> signature = {};
  Trust trust = {};
  // Decides in place of `trust`, by all signatures that there are.
  std::optional<Policy> policy = {};
  std::optional<TrustedRoot> trusted_root = {};  // for a policy that needs one
  // For a policy that demands provenance: where it lies; absent, in the folder of further
  // signatures. And that of the version before, for rules that compare with it.
  std::optional<std::filesystem::path> provenance = {};
  std::optional<std::filesystem::path> previous_provenance = {};
  // Accept the summaries that the policy names in place of the provenance.
  bool accept_summaries = true;
  Expectations expectations = {};
  // What a lock remembers of this model; `allow_older` takes an older version.
  std::optional<Pin> pin = {};
  bool allow_older = false;
  Time time = {};  // now, for certificates; the library reads no clock

  // Paths relative to the model's root that may be there unsigned, in addition
  // to those that the signature records. Signed files are verified all the same.
  std::vector<std::string> ignore_paths = {};
  // Ignore .git and the like when the signature records no ignored paths.
  bool ignore_git_paths = true;
  // Look only at signed files; others are reported as not covered at most.
  bool ignore_unsigned_files = false;
  Evidence evidence = Evidence::kTrees;
  // Glob patterns of the files to verify, as `*.safetensors`; empty: all files. A
  // pattern that selects no signed file is refused.
  std::vector<std::string> files = {};
  // Follow symbolic links even where the signature does not say so.
  bool allow_symlinks = false;
  // Look into the verified files and tell what they are (weightmark/content.h), also where
  // no policy asks for that.
  bool content_facts = false;

  WorkOptions work = {};
};

// Verification is the outcome: the report, and the manifest once all of it holds.
// Where only some files were selected, the manifest lists just those.
struct Verification {
  Report report;
  std::optional<Verified<Manifest>> manifest;
};

// verify_model verifies a model's signature and every signed file. It never
// throws; a model that does not verify is a report that says why.
WEIGHTMARK_API Verification verify_model(const VerifyOptions& options);

}  // namespace weightmark
