// Verifying provenance: who built something, from which source, on which builder, and how
// much that is worth. docs/provenance-verification.md
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/digest.h"
#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/policy.h"
#include "weightmark/report.h"
#include "weightmark/sign.h"
#include "weightmark/trust.h"

namespace weightmark {

// ProvenanceSource is what something was built from.
struct ProvenanceSource {
  std::string uri;     // "https://github.com/acme/tinylm", without "git+", ".git" and "@ref"
  std::string ref;     // "refs/tags/v1.4.0"; may be empty
  std::string commit;  // lower-case hex; may be empty

  friend bool operator==(const ProvenanceSource&, const ProvenanceSource&) = default;
};

// ProvenanceFacts are what provenance says, as far as its signer may say it.
struct ProvenanceFacts {
  std::string predicate_type;
  std::string build_type;
  std::string builder_id;
  std::string rule;  // which rule decided: "github-attest", "weightmark", a configured builder's name, …
  // The SLSA build level that the pair of signer and builder supports, 0 to 3, and why.
  unsigned level = 0;
  std::string level_reason;
  bool self_hosted = false;  // on a machine of the publisher's own
  // Whether the platform said it, and not a step of the build itself.
  bool by_platform = false;
  ProvenanceSource source;
  std::string branch;      // of the source, where that is said
  std::string tag;         // of the source, where that is said
  std::string invocation;  // the run: its URL, or the builder's name for it; may be empty
  std::optional<Time> started = {};
  std::optional<Time> finished = {};
  std::size_t dependencies = 0;
  std::size_t undigested = 0;            // of them, without a digest
  std::vector<std::string> unconfirmed;  // what only the build itself says
  std::string subject;                   // what the statement calls what was built

  friend bool operator==(const ProvenanceFacts&, const ProvenanceFacts&) = default;
};

// ProvenanceExpectations are what the caller knows beforehand. Empty: anything.
struct ProvenanceExpectations {
  std::string source_uri = {};
  std::string builder_id = {};     // with "@REF" exactly that; without, any released version
  std::string branch = {};         // "main"
  std::string tag = {};            // "v1.4.0"
  std::string versioned_tag = {};  // "v1.4": any tag v1.4.x
  std::vector<std::pair<std::string, std::string>> inputs = {};  // of the workflow, by name
  unsigned least_level = 0;
};

// Builders are further builders, as a file tells them (docs/provenance-verification.md).
// Immutable; copies are cheap and share it.
class WEIGHTMARK_API Builders {
 public:
  // None but those that are built in.
  Builders();

  // parse takes the YAML or the JSON of such a file. `files` returns what it names.
  // Errors: builders-malformed, file-too-large, pattern-syntax, those of keys, and
  // whatever `files` returns.
  static Result<Builders> parse(std::string_view text, const PolicyFiles& files);

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit Builders(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// ProvenanceTrust says whose signatures count.
struct ProvenanceTrust {
  // With Sigstore and no identities: those whom the builders' rules know. Rules apply in any case.
  Trust trust = {};
  Builders builders = {};
  // Accept an envelope that brings a certificate and no log entry: who signed is then
  // certain, and not when. The level is 1 at most.
  bool unproven_time = false;
  // Google's own keys count for what its tools print. With Sigstore they do in any case.
  bool google_keys = false;
};

struct VerifyProvenanceOptions {
  HashOptions hash = {};  // as it was attested
  // In place of a model: the digest of what is not on disk, such as a container image.
  std::optional<Digest> digest = {};
  // Absent: slsaprovenance1.sig in the folder of further signatures, else the first there
  // that is provenance.
  std::optional<std::filesystem::path> provenance = {};
  // What the platform itself attests of the same build. Absent: the first other provenance
  // in that folder that a platform signed; where there is none, none is demanded.
  std::optional<std::filesystem::path> platform = {};
  ProvenanceTrust trust = {};
  ProvenanceExpectations expectations = {};
  std::string platform_builder_id = {};  // expected of the platform's; empty: the same
  Time time = {};                        // now
};

// ProvenanceStatement is a statement that was verified.
struct ProvenanceStatement {
  std::string path;
  SignerReport signer;
  ProvenanceFacts facts;
  std::string predicate;  // JSON with sorted keys, equal to what was signed
};

// ProvenanceReport is every check that was made, and what was found.
struct ProvenanceReport {
  Verdict verdict = Verdict::kUndecided;
  std::string model;       // path as given, or the digest
  std::string provenance;  // path
  Time time{};
  std::optional<ProvenanceStatement> statement;  // once it is verified
  std::optional<ProvenanceStatement> platform;   // once it is verified and tied to that
  unsigned level = 0;                            // of both
  std::string level_reason;
  std::vector<Check> checks;
  std::vector<std::string> warnings;

  // exit_status is 0, 1, 2 or 3.
  WEIGHTMARK_API int exit_status() const;

  // first_error returns the first failed check's error, or null.
  WEIGHTMARK_API const Error* first_error() const;
};

// verify_provenance verifies who built what is on disk, all of which it hashes. It never
// throws; what does not verify is a report that says why.
WEIGHTMARK_API ProvenanceReport verify_provenance(const VerifyProvenanceOptions& options);

// provenance_report_json renders the report by docs/provenance-report.schema.json, indented.
WEIGHTMARK_API std::string provenance_report_json(const ProvenanceReport& report);

}  // namespace weightmark
