// Training a model under observation, and signing how it was done. docs/training.md
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/rendezvous.h"
#include "host/stop.h"
#include "train/confinement.h"
#include "train/input_signature.h"
#include "train/input_spec.h"
#include "train/training_environment.h"
#include "train/training_record.h"
#include "weightmark/sign.h"
#include "weightmark/signer.h"

namespace weightmark {

struct TrainOptions {
  std::vector<std::string> command;
  std::filesystem::path model;  // the folder that the command writes it to; made where missing
  std::optional<std::string> name = {};
  std::vector<InputSpec> inputs = {};
  InputTrust trust = {};
  std::optional<std::filesystem::path> source = {};  // else the checkout that the command starts in, if any
  std::string config = {};                           // a file
  std::string hyperparameters = {};                  // a JSON file
  std::string image = {};
  EnvironmentOptions environment = {};
  std::vector<std::filesystem::path> readable = {};
  std::vector<std::filesystem::path> writable = {};
  std::vector<std::filesystem::path> hidden = {};
  bool network = false;
  Tier strongest = Tier::kObserved;
  Tier least = Tier::kLandlock;
  bool strict = false;                               // an undeclared file is a refusal
  std::optional<NodeOptions> nodes = {};             // of a training that takes several; only node 0 signs
  Signer* signer = nullptr;                          // of node 0
  bool sign_model = true;                            // beside the provenance
  std::optional<std::filesystem::path> output = {};  // where the provenance goes
  // Asked once the command is done: identities last for minutes. Errors pass through.
  std::function<Result<std::string>()> builder = {};
  std::function<void(const std::string&)> warn = {};  // told at once, before the command runs
  Observer* observer = nullptr;
  unsigned threads = 0;
  Stop stop = {};
};

// TrainedModel is what became of it.
struct TrainedModel {
  int wait_status = 0;      // of the command, as waitpid tells it; nothing was signed unless it is 0
  std::string not_started;  // why it could not be run; else empty
  Training training;
  std::vector<std::string> undeclared;
  std::vector<std::string> warnings;
  std::optional<SignedOutput> signature;
  std::optional<SignedOutput> provenance;  // absent on nodes other than node 0
};

// train_model measures the inputs, runs the command confined, looks whether they are what
// they were, hashes what it left once all its processes are dead, and signs. A command that
// fails is no error.
// Errors: those of measure_input, read_git_source, run_confined, read_run_report,
// sign_model and attest_model; training-no-model, training-input, training-input-changed,
// training-undeclared, training-hyperparameters, training-nodes.
Result<TrainedModel> train_model(const TrainOptions& options);

}  // namespace weightmark
