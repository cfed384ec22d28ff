// An input of a training as it is measured before the command runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "attest/training.h"
#include "model/model_root.h"
#include "train/input_signature.h"
#include "train/input_spec.h"
#include "weightmark/manifest.h"
#include "weightmark/observer.h"

namespace weightmark {

// InputFile is a file of an input, and which one it is on this machine.
struct InputFile {
  std::string name;
  FileIdentity identity;
};

// MeasuredInput is what a statement says of an input, and what finds its files again.
struct MeasuredInput {
  InputSpec spec;
  std::filesystem::path path;                  // absolute and without links
  std::filesystem::path blobs;                 // the folder that links of the Hugging Face cache lead to; may be empty
  Manifest manifest;                           // whole files by SHA-256
  std::vector<InputFile> files;                // in byte order of their names
  std::vector<std::filesystem::path> bundles;  // its signature and provenance, whose digests are told
  ResourceDescriptor resource;
  DependencyFacts facts;
  std::vector<std::string> warnings;
};

struct InputOptions {
  InputTrust trust;
  Time time{};  // now
  WorkOptions work;
};

// measure_input verifies the signature of an input, hashes its files with all processors
// and says whose it is. Links are followed nowhere but within the Hugging Face cache.
// Errors: model-not-found, model-empty, those of read_input_signature and of hash_model.
Result<MeasuredInput> measure_input(const InputSpec& spec, const InputOptions& options);

// check_unchanged hashes it again, but for files that the kernel keeps sealed.
// Errors: training-input-changed, and those of hash_model.
Result<void> check_unchanged(const MeasuredInput& input, const WorkOptions& work);

}  // namespace weightmark
