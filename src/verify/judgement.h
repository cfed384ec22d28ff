// Judging provenance by a policy: whether how a model was made is as demanded. A pure
// function; docs/judgement.md has every rule, and when it cannot tell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/provenance.h"
#include "attest/training.h"
#include "trust/policy.h"
#include "weightmark/judgement.h"
#include "weightmark/provenance.h"
#include "weightmark/report.h"

namespace weightmark {

// MadeModel is what verified provenance says of a model.
struct MadeModel {
  ProvenanceFacts facts;
  Provenance provenance;
  std::vector<DependencyFacts> inputs;    // of provenance.dependencies, in their order
  std::optional<Training> training = {};  // absent: of another build type, so that less is known
  SignerReport signer = {};

  // of parses what the provenance says of a training and of its dependencies.
  // Errors: provenance-parameter, provenance-malformed.
  static Result<MadeModel> of(ProvenanceFacts facts, Provenance provenance, SignerReport signer);
};

// JudgementCase is what is judged, and by what.
struct JudgementCase {
  const MadeModel& made;
  const ProvenancePolicy& policy;
  const std::vector<DeniedDigest>& denied;
  const MadeModel* previous = nullptr;  // the version before; null where none is known
};

// judge_made applies every rule that the policy has, in the order of docs/judgement.md.
std::vector<Finding> judge_made(const JudgementCase& it);

}  // namespace weightmark
