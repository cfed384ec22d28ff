// The verifier: a pure function of a bundle, what the caller trusts, and a time.
// No clock, network, environment or disk beneath it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/bundle.h"
#include "attest/provenance_file.h"
#include "attest/statement.h"
#include "verify/provenance.h"
#include "weightmark/attestation.h"
#include "weightmark/manifest.h"
#include "weightmark/policy.h"
#include "weightmark/report.h"
#include "weightmark/trust.h"
#include "weightmark/trusted_root.h"
#include "weightmark/verified.h"

namespace weightmark {

// SignedModel is what a bundle says, once its signature holds.
struct SignedModel {
  Manifest manifest;
  SignerReport signer;
  // Others vouch for it as well, whom digests bind to it and trees do not.
  bool bound_by_digests = false;
};

// SignedStatement is what a bundle says, whatever it is about.
struct SignedStatement {
  Statement statement;
  SignerReport signer;
};

// FoundSignature is a bundle, or why there is none at that path.
struct FoundSignature {
  std::string path;
  Result<Bundle> bundle;
};

// PolicyTrust is a policy, and the trusted root for those who have none of their own.
struct PolicyTrust {
  Policy policy;
  std::optional<TrustedRoot> root;
};

// PolicyModel is what enough of a publisher's signers signed.
struct PolicyModel {
  Verified<SignedModel> model;
  PolicyReport report;
};

// FoundAttestation is a signed statement in a file.
struct FoundAttestation {
  std::string path;
  std::string sha256;  // of the file, lower-case hex
  ProvenanceEnvelope envelope;
};

// FoundAttestations are what there is beside a model's signatures.
struct FoundAttestations {
  std::vector<FoundAttestation> provenance;
  std::vector<FoundAttestation> summaries;
  std::vector<FoundAttestation> previous;  // provenance of the version before
};

// Verifier makes Verified values. Each function appends the checks that it makes
// to `checks`, passed or failed; the error of the first failed one is returned.
class Verifier {
 public:
  // verify_signature checks the envelope's signature and reads the statement.
  // Errors: method-mismatch, bundle-media-type, key-*, certificate-*,
  // signature-invalid, payload-type, and those of parse_statement and parse_oms.
  static Result<Verified<SignedModel>> verify_signature(const Bundle& bundle, const Trust& trust, Time time,
                                                        std::vector<Check>& checks);

  // verify_statement does the same for statements of any predicate. Errors: the same, but
  // for those of parse_oms.
  static Result<Verified<SignedStatement>> verify_statement(const Bundle& bundle, const Trust& trust, Time time,
                                                            std::vector<Check>& checks);

  // verify_attestation compares what was signed with what was measured: the type of the
  // predicate, and that a subject is this model. `checks` are those made so far. Errors: predicate-other,
  // subject-other.
  static Result<Verified<Attestation>> verify_attestation(const Verified<SignedStatement>& statement,
                                                          std::string_view type, const Manifest& measured,
                                                          std::vector<Check> checks);

  // verify_provenance_signature checks who signed an envelope with provenance, and reads it.
  // Errors: those of verify_statement and parse_provenance; provenance-unproven, provenance-builder-signer.
  static Result<Verified<SignedProvenance>> verify_provenance_signature(const ProvenanceEnvelope& envelope,
                                                                        const ProvenanceTrust& trust, Time time,
                                                                        std::vector<Check>& checks);

  // verify_provenance checks that it is about what was measured, and judges it.
  // Errors: subject-other, and those of judge_provenance.
  static Result<Verified<JudgedProvenance>> verify_provenance(const Verified<SignedProvenance>& provenance,
                                                              const Manifest& measured, const Builders& builders,
                                                              const ProvenanceExpectations& expected, Time time,
                                                              std::vector<Check>& checks);

  // verify_policy finds the publisher by the signed name and counts who of its signers
  // has signed the same files. What does not count is told in `warnings`.
  // Errors: policy-*; with a single signature, those of why it does not count.
  static Result<PolicyModel> verify_policy(const std::vector<FoundSignature>& signatures, const PolicyTrust& trust,
                                           Time time, std::vector<Check>& checks, std::vector<std::string>& warnings);

  // verify_made judges by the publisher's policy how its model was made, where the policy
  // demands that; or accepts a summary of whom it names. What does not count is told in
  // `warnings`, what was found in `report`, also where it does not hold.
  // Errors: provenance-*, judgement-fails, judgement-unknown, vsa-*; subject-other, and
  // those of a signature that does not count.
  static Result<Verified<SignedModel>> verify_made(const PolicyModel& model, const FoundAttestations& found,
                                                   const PolicyTrust& trust, Time time, std::vector<Check>& checks,
                                                   std::vector<std::string>& warnings,
                                                   std::optional<JudgementReport>& report);

  // verify_expectations compares the name and digest that the caller expects.
  // Errors: name-mismatch, digest-mismatch.
  static Result<void> verify_expectations(const Verified<SignedModel>& model, const Expectations& expectations,
                                          std::vector<Check>& checks);

  // verify_files returns the manifest once every file's report says that it is
  // covered. `files` are in byte order of their names. With `partial`, signed files
  // may be not covered, and the returned manifest lacks them. Errors: that of the
  // first file that is refused, else of the first that could not be looked at.
  static Result<Verified<Manifest>> verify_files(Verified<SignedModel> model, const std::vector<FileReport>& files,
                                                 bool partial, std::vector<Check>& checks);
};

}  // namespace weightmark
