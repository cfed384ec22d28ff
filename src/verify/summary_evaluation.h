// Accepting what somebody else's verification of a model came to (FORMAT, section 10).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "trust/policy.h"
#include "verify/verifier.h"

namespace weightmark {

// SummaryCase is a model, and by what its summaries are judged.
struct SummaryCase {
  const SummaryDemands& demands;
  const Manifest& manifest;            // as signed
  const std::set<std::string>& marks;  // of who signed the model
  const std::optional<TrustedRoot>& root;
  const std::vector<RevokedSigner>& revoked;
  Time time;
};

// AcceptedSummary is one that counts.
struct AcceptedSummary {
  SummaryReport report;
  bool binds_trees = false;  // else its digests are those of whole files alone
};

// verify_summary checks who signed it, and that it is all that the policy names.
// Errors: subject-other, vsa-*, and those of a policy's signer.
Result<AcceptedSummary> verify_summary(const FoundAttestation& found, const SummaryCase& it);

}  // namespace weightmark
