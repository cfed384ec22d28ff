// Sealing a model: after it is verified, the kernel refuses to write its files
// and checks every page that is read from them (Linux fs-verity).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/report.h"
#include "weightmark/verify.h"

namespace weightmark {

// SealOptions say which model is sealed, and against which signature.
struct SealOptions {
  VerifyOptions verify = {};

  // Seal files that have other names too. All names of a file become read-only.
  bool allow_hard_links = false;
  // Seal files in the blobs folder of a Hugging Face cache, which other snapshots
  // of the repository may use as well.
  bool allow_shared_blobs = false;

  // Asked once, when the model is verified and nothing speaks against sealing:
  // how many files, and how many bytes. Sealing cannot be undone, so that a
  // person should see this. Where empty, the caller has asked already.
  std::function<bool(std::uint64_t files, std::uint64_t bytes)> confirm = {};
};

enum class SealOutcome {
  kSealed,     // by this call
  kBefore,     // it was sealed already, and is the signed content
  kNotSealed,  // nothing speaks against it, but nothing was done
  kFailed,     // see the error; a file with seal-mismatch is sealed all the same
};

struct SealedFile {
  std::string name;
  SealOutcome outcome = SealOutcome::kNotSealed;
  std::uint64_t size = 0;  // bytes
  std::optional<Error> error;
};

// SealReport says what became of every signed file.
struct SealReport {
  Report verification;
  std::vector<SealedFile> files;  // in byte order of their names; empty unless the model verified
  std::optional<Error> error;     // what kept all of it from being done, beside the verification

  // exit_status is 0 when every file is sealed, else that of the verification, of
  // the error or of the files: a refusal outweighs what could not be done.
  WEIGHTMARK_API int exit_status() const;

  // count returns how many files have that outcome.
  WEIGHTMARK_API std::size_t count(SealOutcome outcome) const;
};

// seal_model verifies a model as verify_model does and seals every signed file.
// Nothing is sealed unless the model verified and no file is refused; after that
// one file's failure does not keep the others from being sealed. What the kernel
// then says about a file is compared with what was signed, on the very handle
// that was sealed. It never throws. Interrupting takes effect between two files.
// Errors of a file: seal-*, disk-full, file-mismatch, file-changed, and those of
// opening it.
WEIGHTMARK_API SealReport seal_model(const SealOptions& options);

WEIGHTMARK_API std::string_view seal_outcome_name(SealOutcome outcome);  // "sealed", "sealed-before", …

// seal_report_json renders the report, with that of the verification inside,
// indented; schema weightmark.seal.v1.
WEIGHTMARK_API std::string seal_report_json(const SealReport& report);

}  // namespace weightmark
