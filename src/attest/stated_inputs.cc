#include "attest/stated_inputs.h"

#include "base/try.h"

namespace weightmark {

Result<StatedInputs> parse_inputs(const Provenance& provenance) {
  StatedInputs inputs;
  if (provenance.build_type == kTrainingBuildType) {
    WM_TRY(inputs.training, parse_training(provenance));
    inputs.facts = inputs.training->dependencies;
    return inputs;
  }
  for (const ResourceDescriptor& resource : provenance.dependencies) {
    WM_TRY(DependencyFacts facts, parse_facts(resource));
    inputs.facts.push_back(std::move(facts));
  }
  return inputs;
}

}  // namespace weightmark
