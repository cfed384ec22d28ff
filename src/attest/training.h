// What provenance says when the build is the training of a model. All of it stands in
// those places of SLSA provenance that are free: parameters, annotations, byproducts.
// docs/provenance.md describes it field by field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attest/provenance.h"
#include "base/json.h"
#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::string_view kTrainingBuildType = "https://weightmark.dev/buildtypes/ml-training/v1";

// Names of what is not text elsewhere.
inline constexpr std::string_view kEvidenceObserved = "observed";           // seen by who ran the command
inline constexpr std::string_view kEvidenceDeclared = "declared";           // said by who started it
inline constexpr std::string_view kEvidenceSelfReported = "self-reported";  // said by the command

// TrainingParameters are what was asked for: the external parameters, a closed list.
struct TrainingParameters {
  std::string repository;                // of the source, a URL; empty where it is none of git
  std::string ref;                       // of the source, "refs/heads/main"; may be empty
  std::vector<std::string> entry_point;  // the command, not empty
  std::string config;                    // path in the source; may be empty
  JsonObject hyperparameters;            // of texts, integers and booleans; decimals are texts
  std::vector<std::string> datasets;     // URIs as they were asked for
  std::vector<std::string> base_models;
  std::vector<std::pair<std::string, std::string>> environment;  // what is allowed to be recorded, sorted

  friend bool operator==(const TrainingParameters&, const TrainingParameters&) = default;
};

// Accelerators are so many of one kind.
struct Accelerators {
  std::string model;
  std::int64_t count = 1;
  std::string driver;  // version; may be empty

  friend bool operator==(const Accelerators&, const Accelerators&) = default;
};

// TrainingNode is one of several machines that ran one training.
struct TrainingNode {
  std::int64_t node = 0;                 // its rank; the one of rank 0 signed
  std::vector<std::string> entry_point;  // the command there
  std::string cpu;
  std::string kernel;
  std::string tier;
  std::string mode;
  bool complete = false;

  friend bool operator==(const TrainingNode&, const TrainingNode&) = default;
};

// TrainingConditions are how it was run: the internal parameters.
struct TrainingConditions {
  // Isolation of the command.
  std::string network;          // "denied", "loopback" (only between its own processes) or "open"
  std::string filesystem;       // "readonly-inputs" (a mount namespace), "confined" (Landlock) or "open"
  std::string io_uring;         // "denied" or "allowed"
  bool new_privileges = false;  // whether the command could gain any
  std::string seccomp_sha256;   // of the filter, lower-case hex; empty where there was none
  // Capture of what it opened.
  std::string tier;                     // "A" to "D" (docs/confinement.md)
  std::string mode;                     // "fanotify" or "none"
  bool complete = false;                // whether every file that it opened is listed
  std::vector<std::string> incomplete;  // why not
  std::int64_t dropped_events = 0;
  // The machine, as its kernel tells it.
  std::string cpu;
  std::string kernel;
  // The accelerators and their runtime, self-reported.
  std::vector<Accelerators> accelerators;
  std::string runtime;
  std::int64_t nodes = 1;
  std::int64_t ranks = 1;
  std::vector<TrainingNode> machines;  // of several nodes, by their ranks; what is above is of the weakest

  friend bool operator==(const TrainingConditions&, const TrainingConditions&) = default;
};

// InputSignature is who signed a dependency, as it was verified before the command ran.
struct InputSignature {
  std::string bundle_sha256;
  std::string identity;  // a name in a certificate, or the fingerprint of a key
  std::string issuer;    // who confirmed the identity; empty for keys
  bool verified = false;

  friend bool operator==(const InputSignature&, const InputSignature&) = default;
};

// MerkleRoot is RFC 6962's over the lines "SHA256  NAME" of all files in byte order of
// their names, so that one file can be shown to be among them.
struct MerkleRoot {
  std::string root;  // lower-case hex
  std::int64_t leaves = 0;

  friend bool operator==(const MerkleRoot&, const MerkleRoot&) = default;
};

// DependencyFacts are what annotations say of a dependency. Texts are empty and numbers
// absent where it is not said.
struct DependencyFacts {
  // "source", "dataset", "model", "container", "framework", "package",
  // "accelerator-runtime", "lockfile", "tokenizer", "judge-model", "environment" (files of an
  // interpreter or the system, bytecode) or "file"
  std::string kind;
  std::string role;         // of a dataset: "train", "validation", "eval", "reward", "synthetic-source"
  std::string relation;     // of a model: "finetune", "adapter", "merge", "distill", "quantize", "init", "resume"
  std::string evidence;     // kEvidence…
  std::string digest_kind;  // what "sha256" is of: "oms-root", "file", "wheel", …
  std::string license;
  std::optional<std::int64_t> files;
  std::optional<std::int64_t> bytes;
  std::optional<std::int64_t> files_read;  // of them, opened by the command; only where that was observed
  std::optional<std::int64_t> records;
  std::optional<std::int64_t> tokens;
  std::optional<MerkleRoot> merkle;
  std::optional<InputSignature> signature;
  std::string provenance_sha256;           // of the bundle with its own provenance
  std::string croissant_sha256;            // of its Croissant metadata
  std::optional<bool> loaded;              // of a framework or package: whether its code was opened
  std::optional<bool> dirty;               // of a source: whether it differed from its commit
  std::optional<bool> writable_by_others;  // whether somebody else could write it while the command ran
  std::optional<bool> changed;             // whether it was not the same afterwards
  std::optional<bool> undeclared;          // opened without having been declared

  friend bool operator==(const DependencyFacts&, const DependencyFacts&) = default;
};

// TrainingSummary is how far it went, as the command itself reports. Decimals are texts,
// such as "1.412" or "nan".
struct TrainingSummary {
  std::optional<std::int64_t> steps_planned;
  std::optional<std::int64_t> steps_completed;
  std::string epochs_planned;
  std::string epochs_completed;
  std::optional<std::int64_t> tokens_planned;
  std::optional<std::int64_t> tokens_seen;
  std::optional<std::int64_t> parameters;
  std::string final_train_loss;
  std::string final_eval_loss;
  std::string best_eval_loss;
  std::optional<std::int64_t> best_eval_step;
  std::optional<std::int64_t> nan_steps;
  std::optional<std::int64_t> accelerator_seconds;
  std::optional<std::int64_t> checkpoints;
  // Loss at even distances over the whole run, oldest first; at most 64.
  std::vector<std::string> loss_curve;
  std::vector<std::pair<std::string, std::string>> evaluation;  // the last of each metric, sorted
  std::string stop_reason;  // "max_steps", "early_stop", "target", "interrupted" or "error"

  friend bool operator==(const TrainingSummary&, const TrainingSummary&) = default;
};

inline constexpr std::size_t kMaxLossCurve = 64;
inline constexpr std::string_view kSummaryName = "training-summary";  // of the byproduct

// Training is provenance of that build type, typed.
struct Training {
  TrainingParameters parameters;
  TrainingConditions conditions;
  std::vector<DependencyFacts> dependencies;  // of Provenance::dependencies, in their order
  std::optional<TrainingSummary> summary;

  friend bool operator==(const Training&, const Training&) = default;
};

// write_training fills in the build type, the parameters, the annotations of the
// dependencies, of which `provenance` has as many, and the byproduct with the summary.
void write_training(const Training& training, Provenance& provenance);

// parse_training takes provenance whose build type is kTrainingBuildType.
// Errors: provenance-parameter for an external parameter that it does not know;
// provenance-malformed for what is of the wrong type or no value that it may have.
Result<Training> parse_training(const Provenance& provenance);

// parse_facts takes what any dependency says in annotations of ours. Others are passed over.
// Errors: provenance-malformed.
Result<DependencyFacts> parse_facts(const ResourceDescriptor& resource);

// decimal reads a text such as "1.5e-3", "nan" or "inf"; nothing for any other.
std::optional<double> decimal(std::string_view text);

}  // namespace weightmark
