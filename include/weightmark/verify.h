// Verifying a model on disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weightmark/export.h"
#include "weightmark/manifest.h"
#include "weightmark/observer.h"
#include "weightmark/report.h"
#include "weightmark/trust.h"
#include "weightmark/verified.h"

namespace weightmark {

// VerifyOptions say what to verify and against what.
struct VerifyOptions {
  std::filesystem::path model;
  // The bundle; where absent it is looked for inside the model, then beside it.
  std::optional<std::filesystem::path> signature;
  Trust trust;
  Expectations expectations;
  Time time;  // now, for certificates; the library reads no clock

  // Paths relative to the model's root that may be there unsigned, in addition
  // to those that the signature records. Signed files are verified all the same.
  std::vector<std::string> ignore_paths;
  // Ignore .git and the like when the signature records no ignored paths.
  bool ignore_git_paths = true;
  // Look only at signed files; others are reported as not covered at most.
  bool ignore_unsigned_files = false;
  // Follow symbolic links even where the signature does not say so.
  bool allow_symlinks = false;

  WorkOptions work;
};

// Verification is the outcome: the report, and the manifest once all of it holds.
struct Verification {
  Report report;
  std::optional<Verified<Manifest>> manifest;
};

// verify_model verifies a model's signature and every signed file. It never
// throws; a model that does not verify is a report that says why.
WEIGHTMARK_API Verification verify_model(const VerifyOptions& options);

}  // namespace weightmark
