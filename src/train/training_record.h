// Everything that is known of a run, and the statement that it becomes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/training.h"
#include "base/time.h"
#include "train/confinement.h"
#include "train/dependency.h"
#include "train/machine.h"
#include "train/measured_input.h"
#include "train/opened_files.h"
#include "train/redaction.h"
#include "train/run_report.h"
#include "train/training_environment.h"

namespace weightmark {

struct TrainingRecord {
  std::vector<std::string> command;
  std::string repository;  // of the source, and its ref
  std::string ref;
  std::string config;          // as it was named; may be empty
  JsonObject hyperparameters;  // of the file
  Variables environment;       // recorded ones
  std::vector<MeasuredInput> inputs;
  std::vector<Dependency> others;  // the source, the image, the configuration
  OpenedSummary opened;
  ConfinementFacts confinement;
  Machine machine;
  RunReport report;
  std::string builder_id;
  std::string invocation_id;
  Instant started;
  Instant finished;
};

// TrainingStatement is what will be signed, and what it rests on.
struct TrainingStatement {
  Training training;
  Provenance provenance;
  std::vector<std::string> warnings;  // contradictions between what was said and reported
};

// make_statement says it as provenance. Nothing that `redaction` knows is in it.
TrainingStatement make_statement(const TrainingRecord& record, const Redaction& redaction);

// image_dependency is a container image that the caller names: "REGISTRY/NAME[:TAG]@sha256:HEX".
// Errors: training-input.
Result<Dependency> image_dependency(std::string_view reference);

}  // namespace weightmark
