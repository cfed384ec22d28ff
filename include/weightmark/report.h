// The report: every check that verification made, its outcome, and every file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/content.h"
#include "weightmark/digest.h"
#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/identity.h"
#include "weightmark/judgement.h"
#include "weightmark/manifest.h"

namespace weightmark {

// Verdict is what verification came to. Only kVerified is a "yes".
enum class Verdict {
  kVerified,   // the signature and every signed file hold
  kRefused,    // something does not hold
  kUndecided,  // something could not be checked, which is a refusal as well
  kUnsigned,   // there is no signature, and the policy allows that
};

enum class Outcome { kPassed, kFailed, kNotChecked };

// Check is one thing that was looked at.
struct Check {
  std::string id;  // stable: "bundle", "signature", "certificate", "name", "files", …
  Outcome outcome = Outcome::kNotChecked;
  std::string detail;  // what it rests on, for people
  std::optional<Error> error = {};
};

// Coverage says how far a file is vouched for.
enum class Coverage {
  kWhole,       // the digest of the whole file, or of all its shards
  kTree,        // its fs-verity tree
  kKernel,      // measured by the kernel
  kIgnored,     // left out by the signer or the user, and recorded or asked for
  kNotCovered,  // there, but nothing vouches for it
  kFailed,      // signed, or in the way, and not as it must be
};

// is_covered says whether the signature vouches for a file's bytes.
constexpr bool is_covered(Coverage coverage) {
  return coverage == Coverage::kWhole || coverage == Coverage::kTree || coverage == Coverage::kKernel;
}

struct FileReport {
  std::string name;
  Coverage coverage = Coverage::kNotCovered;
  std::uint64_t size = 0;  // bytes; 0 where it was not looked at
  std::optional<Error> error = {};
  std::string note = {};  // why it is covered in another way than asked for; else empty
};

// TimeReport is when a signature existed, and who attests that.
struct TimeReport {
  Time time;
  std::string by;  // URL, or the subject of an authority's certificate
};

// LogReport is where a signature is recorded for anyone to see.
struct LogReport {
  std::string log;          // URL
  std::uint64_t index = 0;  // of the entry
};

// SignerReport says who signed.
struct SignerReport {
  std::string method;                  // "key", "certificate" or "sigstore"
  std::string key_type;                // "EC P-256", …
  std::string key_fingerprint;         // PublicKey::fingerprint
  std::vector<Certificate> chain;      // leaf first; empty for "key"
  std::string encoding;                // "DSSE", or "DSSE as model-signing 0.2 encoded it"
  CertificateIdentity identity = {};   // for "sigstore"; else empty
  std::vector<TimeReport> times = {};  // verified; for "sigstore" at least one; for "key" none
  std::vector<LogReport> logs = {};    // verified
};

// SubjectReport says what was signed. Whether the files are so, the report's files say.
struct SubjectReport {
  std::string name;  // what the publisher calls the model
  Digest root;
  std::optional<Digest> manifest_v1;
  SerializationMethod method = SerializationMethod::kFiles;
  HashAlgorithm hash_type = HashAlgorithm::kSha256;
  std::size_t files = 0;
  std::size_t declared_files = 0;  // of these, whose digests the signer did not compute

  static SubjectReport of(const Manifest& manifest);

  friend bool operator==(const SubjectReport&, const SubjectReport&) = default;
};

// PrincipalReport is one of a policy's signers who has signed.
struct PrincipalReport {
  std::string name;       // in the policy
  std::string signature;  // path of the bundle
  SignerReport signer;
};

// PolicyReport says who of a policy vouches for the model.
struct PolicyReport {
  std::string publisher;
  unsigned threshold = 0;  // how many had to sign
  std::vector<PrincipalReport> signers;
};

// SummaryReport is a verification summary that was accepted in place of the provenance.
struct SummaryReport {
  std::string path;
  std::string verifier;           // its URI
  Time verified{};                // when, as it says
  std::optional<unsigned> level;  // SLSA build level
  std::string signer_name;        // in the policy
  SignerReport signer;
};

// AttestationReport is provenance that the judgement rests on.
struct AttestationReport {
  std::string path;
  std::string sha256;       // of the file, lower-case hex
  std::string signer_name;  // in the policy
  SignerReport signer;
};

// JudgementReport says how a model was made, and whether that is as the policy demands.
struct JudgementReport {
  Answer answer = Answer::kCannotTell;
  std::vector<Finding> findings;
  std::vector<AttestationReport> provenance;  // what says it; then the platform's own, which confirms it
  std::optional<SummaryReport> summary;       // in place of all that
  std::string builder;
  std::string source;  // URI with "@REF"
  std::string commit;
  unsigned level = 0;  // SLSA build level
  std::string level_reason;
  std::size_t dependencies = 0;
};

// TrustReport says which trusted root a verification rests on.
struct TrustReport {
  std::string from;                   // empty where the caller did not say
  std::optional<Time> vouched_until;  // by its repository
};

struct Report {
  Verdict verdict = Verdict::kUndecided;
  bool interrupted = false;
  bool partial = false;                  // only selected files were looked at; the others are not covered
  std::string model;                     // path as given
  std::string signature;                 // path of the bundle; empty when none was found
  Time time{};                           // the time that verification rests on
  std::optional<SignerReport> signer;    // set once the signature holds
  std::optional<SubjectReport> subject;  // set once the signature holds
  std::optional<TrustReport> trust;      // set where the caller gave a trusted root
  std::optional<PolicyReport> policy;    // set where a policy decides, once its signers have signed
  // Set where a policy demands provenance, once it is verified, also where it does not hold.
  std::optional<JudgementReport> judgement;
  std::optional<std::vector<ContentFact>> content;  // set where it was asked for, or the policy forbids some
  std::vector<Check> checks;
  std::vector<FileReport> files;  // in byte order of their names
  std::vector<std::string> warnings;
  std::uint64_t bytes_hashed = 0;

  // exit_status is 0, 1, 3, 4 or 130 (docs/report.md).
  WEIGHTMARK_API int exit_status() const;

  // first_error returns the first failed check's error, or null.
  WEIGHTMARK_API const Error* first_error() const;

  // count returns how many files have that coverage.
  WEIGHTMARK_API std::size_t count(Coverage coverage) const;
};

WEIGHTMARK_API std::string_view verdict_name(Verdict verdict);     // "verified", "refused", …
WEIGHTMARK_API std::string_view coverage_name(Coverage coverage);  // "whole", "tree", "kernel", "ignored", …

// report_json renders the report by docs/report.schema.json, indented.
WEIGHTMARK_API std::string report_json(const Report& report);

}  // namespace weightmark
