// What `train` takes beside who signs.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/signer_flags.h"
#include "cli/trust_flags.h"
#include "host/train_model.h"

namespace weightmark::cli {

struct TrainFlags {
  SignerFlags signer;
  OutputFlags output;
  std::vector<std::string> command;  // each word after the parser's mark
  std::string model;
  std::string name;
  std::vector<std::string> datasets;
  std::vector<std::string> base_models;
  std::vector<std::string> inputs;
  std::string checkpoint;
  std::string input_policy;
  std::vector<std::string> input_keys;
  TrustFlags input_root;  // for a policy that needs one
  std::string source;
  std::string config;
  std::string hyperparameters;
  std::string image;
  std::string builder_id;
  std::vector<std::string> recorded;
  std::vector<std::string> passed;
  std::vector<std::string> readable;
  std::vector<std::string> writable;
  unsigned nodes = 1;
  unsigned node_rank = 0;
  std::string rendezvous;
  unsigned node_timeout = 3600;
  bool network = false;
  bool strict = false;
  bool no_signature = false;
  std::string strongest;
  std::string least;
  std::string provenance;
  unsigned threads = 0;

  void add_to(CLI::App& method);

  // options are those of the run but for trust and who signs.
  // Errors: training-input, usage.
  Result<TrainOptions> options() const;

  // signs says whether this is the node that does.
  bool signs() const { return node_rank == 0; }

 private:
  void add_inputs_to(CLI::App& method);
  void add_descriptions_to(CLI::App& method);
  void add_confinement_to(CLI::App& method);
  void add_nodes_to(CLI::App& method);
  Result<std::vector<InputSpec>> specs() const;
  Result<std::vector<std::string>> foreign_words() const;
  Result<std::optional<NodeOptions>> node_options() const;
};

}  // namespace weightmark::cli
