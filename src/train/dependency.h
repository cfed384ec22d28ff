// What a training was of: one entry of a statement's dependencies.
#pragma once

#include "attest/training.h"

namespace weightmark {

struct Dependency {
  ResourceDescriptor resource;
  DependencyFacts facts;
};

}  // namespace weightmark
