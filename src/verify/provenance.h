// Judging provenance: whether its signer may say what it says, and what follows.
// https://slsa.dev/spec/v1.2/verifying-artifacts, docs/provenance-verification.md
#pragma once

#include <string>
#include <vector>

#include "attest/provenance.h"
#include "attest/statement.h"
#include "weightmark/manifest.h"
#include "weightmark/provenance.h"
#include "weightmark/report.h"
#include "weightmark/verified.h"

namespace weightmark {

// SignedProvenance is provenance whose signature holds. What it says is not judged yet.
struct SignedProvenance {
  Provenance provenance;
  std::vector<Subject> subjects;
  SignerReport signer;
  std::string predicate;    // JSON with sorted keys
  std::string google_key;   // the name of Google's key that signed; else empty
  bool time_proven = true;  // whether somebody else attests when it was signed
};

// JudgedProvenance is what the rules accepted: Verifier::verify_provenance makes it.
struct JudgedProvenance {
  SignedProvenance said;
  ProvenanceFacts facts;
};

// judge_provenance finds the rule for the signer and the builder and applies it; then the
// expectations, times and dependencies. `now` bounds times that nobody attests. Each check
// is appended to `checks`.
// Errors: builder-*, provenance-build-type, provenance-claims, provenance-*, source-*, provenance-claims,
// provenance-input, provenance-claims, source-*.
Result<ProvenanceFacts> judge_provenance(const SignedProvenance& said, const Builders& builders,
                                         const ProvenanceExpectations& expected, Time now, std::vector<Check>& checks);

// check_level refuses what is worth less than is demanded. Errors: provenance-level.
Result<void> check_level(unsigned level, const std::string& reason, unsigned least);

// tie_platform compares a statement with what the platform itself says of the same build.
// Both were found to be about the same model. Errors: provenance-platform, provenance-platform, provenance-platform.
Result<void> tie_platform(const ProvenanceFacts& ours, const ProvenanceFacts& platform, std::vector<Check>& checks);

// check_cycles refuses provenances that depend on each other.
// Errors: provenance-cyclic.
Result<void> check_cycles(const std::vector<const SignedProvenance*>& provenances);

// identities_of are all whom the rules and the configured builders would let sign.
std::vector<ExpectedIdentity> identities_of(const Builders& builders);

}  // namespace weightmark
