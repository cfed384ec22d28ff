// What provenance of any build says of the things that went into it.
#pragma once

#include <optional>
#include <vector>

#include "attest/training.h"

namespace weightmark {

struct StatedInputs {
  std::optional<Training> training;    // where the build type is kTrainingBuildType
  std::vector<DependencyFacts> facts;  // of Provenance::dependencies, in their order
};

// parse_inputs takes provenance of any build type. Errors: those of parse_training and parse_facts.
Result<StatedInputs> parse_inputs(const Provenance& provenance);

}  // namespace weightmark
