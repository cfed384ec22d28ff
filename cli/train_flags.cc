#include "cli/train_flags.h"

#include <fmt/format.h>

#include "base/refuse.h"
#include "base/try.h"
#include "cli/parser.h"

namespace weightmark::cli {
namespace {

CLI::Option* add_list(CLI::App& method, const char* name, std::vector<std::string>& values, const char* help,
                      const char* type) {
  return method.add_option(name, values, help)->type_name(type)->allow_extra_args(false);
}

Tier tier_of(const std::string& letter, Tier otherwise) {
  if (letter == "A") return Tier::kObserved;
  if (letter == "B") return Tier::kNamespaces;
  return letter == "C" ? Tier::kLandlock : otherwise;
}

std::vector<std::filesystem::path> paths(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

}  // namespace

void TrainFlags::add_inputs_to(CLI::App& method) {
  add_list(method, "--dataset", datasets,
           "A dataset, ROLE:PATH[=URI]; roles are train (where it is left out), validation, eval, reward and "
           "synthetic-source; may be repeated",
           "INPUT");
  add_list(method, "--base-model", base_models,
           "A model to start from, RELATION:PATH[=URI]; relations are finetune (where it is left out), adapter, merge, "
           "distill, quantize and init; may be repeated",
           "INPUT");
  add_list(method, "--input", inputs, "Another input, tokenizer:PATH, judge-model:PATH or file:PATH; may be repeated",
           "INPUT");
  method.add_option("--resume", checkpoint, "The checkpoint that the training goes on from")->type_name("PATH");
  add_list(method, "--input-key", input_keys, "A key that inputs may be signed with, PEM; may be repeated", "PATH");
  method.add_option("--input-policy", input_policy, "Refuse inputs that do not verify by this policy")
      ->type_name("PATH")
      ->excludes("--input-key");
  method
      .add_option("--input-trusted-root", input_root.places.trusted_root,
                  "The trusted root for that policy; what Sigstore's repository vouches for where absent")
      ->type_name("PATH")
      ->needs("--input-policy");
}

void TrainFlags::add_descriptions_to(CLI::App& method) {
  method.add_option("--source", source, "The source; the checkout of git that the current folder lies in where absent")
      ->type_name("PATH");
  method.add_option("--config", config, "The configuration that the command reads")->type_name("PATH");
  method.add_option("--hyperparameters", hyperparameters, "A JSON object of hyperparameters to record")
      ->type_name("PATH");
  method
      .add_option("--image", image, "The container image that this runs in, NAME@sha256:DIGEST; recorded as declared")
      ->type_name("IMAGE");
  method
      .add_option("--builder-id", builder_id,
                  "The builder's URI; the workflow that signs, or https://weightmark.dev/builders/local, where absent")
      ->type_name("URI");
  add_list(method, "--env", recorded, "Give the command this variable, and record it; may be repeated", "NAME[=VALUE]");
  add_list(method, "--pass-env", passed, "Give the command this variable, and never record it; may be repeated",
           "NAME");
}

void TrainFlags::add_confinement_to(CLI::App& method) {
  add_list(method, "--readable", readable, "Let the command read this too; may be repeated", "PATH");
  add_list(method, "--writable", writable, "Let the command write to this folder too; may be repeated", "PATH");
  method.add_flag("--network", network, "Let the command reach other machines");
  method.add_flag("--strict", strict, "Sign nothing when a file was opened that was not declared");
  method.add_option("--strongest-tier", strongest, "Do not confine more than this: A, B or C")
      ->type_name("TIER")
      ->check(one_of({"A", "B", "C"}));
  method.add_option("--least-tier", least, "Refuse to confine less than this: A, B or C")
      ->type_name("TIER")
      ->check(one_of({"A", "B", "C"}));
}

void TrainFlags::add_nodes_to(CLI::App& method) {
  method.add_option("--nodes", nodes, "How many machines run this training, each under a train of its own")
      ->type_name("N")
      ->check(whole_number(1, kMaxNodes));
  method.add_option("--node-rank", node_rank, "Which of them this is; the one of rank 0 signs for all")
      ->type_name("R")
      ->check(whole_number(0, kMaxNodes - 1))
      ->needs("--nodes");
  method
      .add_option("--rendezvous", rendezvous,
                  "A new folder that all of them see and only their user can write to, for what each has seen")
      ->type_name("PATH")
      ->needs("--nodes");
  method.add_option("--node-timeout", node_timeout, "Seconds to wait for the other nodes; an hour where absent")
      ->type_name("SECONDS")
      ->check(whole_number(1, 604'800))
      ->needs("--nodes");
}

Result<std::optional<NodeOptions>> TrainFlags::node_options() const {
  if (nodes == 1 && node_rank == 0 && rendezvous.empty()) return std::nullopt;
  if (node_rank >= nodes)
    return refuse(ErrorCode::kUsage, fmt::format("there is no node {} of {}", node_rank, nodes), "--node-rank",
                  "nodes are counted from 0");
  if (rendezvous.empty())
    return refuse(ErrorCode::kUsage, "several nodes need a place to meet", "--nodes",
                  "name a folder that all of them see with --rendezvous");
  return NodeOptions{rendezvous, nodes, node_rank, std::chrono::seconds(node_timeout)};
}

void TrainFlags::add_to(CLI::App& method) {
  method.add_option("COMMAND", command, "The command and its arguments, after --")->required()->type_name("COMMAND");
  method.add_option("--output", model, "The folder that the command writes the model to")
      ->required()
      ->type_name("PATH");
  method.add_option("--name", name, "What the model is called; its folder's name where absent")->type_name("NAME");
  add_inputs_to(method);
  add_descriptions_to(method);
  add_confinement_to(method);
  add_nodes_to(method);
  method.add_flag("--no-signature", no_signature, "Write the provenance alone, not the model's signature");
  method
      .add_option("--provenance", provenance,
                  "Where to write the provenance; MODEL/model.sig.d/slsaprovenance1.sig where absent")
      ->type_name("PATH");
  method.add_option("--threads", threads, "Processors to hash with; all of them where absent")
      ->type_name("N")
      ->check(whole_number(1, 1024));
  output.add_to(method);
}

Result<std::vector<InputSpec>> TrainFlags::specs() const {
  std::vector<InputSpec> specs;
  const auto add = [&](const std::vector<std::string>& texts, auto parse) -> Result<void> {
    for (const std::string& text : texts) {
      WM_TRY(InputSpec spec, parse(text));
      specs.push_back(std::move(spec));
    }
    return {};
  };
  WM_CHECK(add(datasets, parse_dataset));
  WM_CHECK(add(base_models, parse_base_model));
  WM_CHECK(add(inputs, parse_other_input));
  if (!checkpoint.empty()) WM_CHECK(add({checkpoint}, parse_resumed));
  return specs;
}

Result<std::vector<std::string>> TrainFlags::foreign_words() const {
  std::vector<std::string> words;
  for (const std::string& word : command) {
    if (!word.starts_with(kForeignMark))
      return refuse(ErrorCode::kUsage, "stands before --", word, "write the command and its arguments after --");
    words.push_back(word.substr(kForeignMark.size()));
  }
  return words;
}

Result<TrainOptions> TrainFlags::options() const {
  WM_TRY(std::vector<std::string> words, foreign_words());
  TrainOptions options{.command = std::move(words), .model = model};
  if (!name.empty()) options.name = name;
  WM_TRY(options.inputs, specs());
  if (!source.empty()) options.source = source;
  options.config = config;
  options.hyperparameters = hyperparameters;
  options.image = image;
  options.environment = {recorded, passed};
  options.readable = paths(readable);
  options.writable = paths(writable);
  for (const std::string& key :
       {signer.private_key, signer.password.password_file, signer.identity.identity.token_file})
    if (!key.empty()) options.hidden.emplace_back(key);
  WM_TRY(options.nodes, node_options());
  options.network = network;
  options.strict = strict;
  options.strongest = tier_of(strongest, Tier::kObserved);
  options.least = tier_of(least, Tier::kLandlock);
  options.sign_model = !no_signature;
  if (!provenance.empty()) options.output = provenance;
  options.threads = threads;
  return options;
}

}  // namespace weightmark::cli
