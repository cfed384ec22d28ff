// Inputs of a training as people name them on the command line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "weightmark/error.h"

namespace weightmark {

// InputSpec is what was said of an input before anything of it is looked at. The words are
// those of DependencyFacts.
struct InputSpec {
  std::string kind;      // "dataset", "model", "tokenizer", "judge-model" or "file"
  std::string role;      // of a dataset
  std::string relation;  // of a model
  std::filesystem::path path;
  std::string uri;  // where it comes from; may be empty

  friend bool operator==(const InputSpec&, const InputSpec&) = default;
};

// parse_dataset takes "ROLE:PATH[=URI]" or "PATH[=URI]", whose role is "train".
// Errors: training-input.
Result<InputSpec> parse_dataset(std::string_view text);

// parse_base_model takes "RELATION:PATH[=URI]" or "PATH[=URI]", whose relation is
// "finetune". Errors: training-input.
Result<InputSpec> parse_base_model(std::string_view text);

// parse_other_input takes "KIND:PATH[=URI]". Errors: training-input.
Result<InputSpec> parse_other_input(std::string_view text);

// parse_resumed takes "PATH[=URI]" of a model whose training goes on.
// Errors: training-input.
Result<InputSpec> parse_resumed(std::string_view text);

}  // namespace weightmark
