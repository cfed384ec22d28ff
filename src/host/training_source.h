// The source of a training, and what a statement says of it.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "host/stop.h"
#include "train/dependency.h"
#include "train/source_tree.h"
#include "weightmark/observer.h"

namespace weightmark {

// TrainingSource is a source, read before the command runs.
struct TrainingSource {
  SourceTree tree;
  Dependency dependency;
};

// read_training_source reads the checkout or the folder that is named; where none is, the
// checkout that the current folder lies in, if any. `others` are inputs and outputs: what
// lies there is no part of it.
// Errors: training-source, file-not-found, those of hash_model; interrupted.
Result<std::optional<TrainingSource>> read_training_source(const std::optional<std::filesystem::path>& named,
                                                           const std::vector<std::filesystem::path>& others,
                                                           const WorkOptions& work, const Stop& stop);

// note_changes reads it again, and notes whether it is what it was.
// Errors: the same.
Result<void> note_changes(TrainingSource& source, const std::vector<std::filesystem::path>& others,
                          const WorkOptions& work, const Stop& stop);

}  // namespace weightmark
