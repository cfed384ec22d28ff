// The member "provenance" of weightmark.inspect.v1: what is not said is left out.
#include "base/time.h"
#include "cli/output.h"
#include "cli/provenance_text.h"

namespace weightmark::cli {
namespace {

void add(JsonObject& members, std::string_view key, const std::string& text) {
  if (!text.empty()) members.emplace_back(key, text);
}

void add(JsonObject& members, std::string_view key, const std::optional<std::int64_t>& number) {
  if (number) members.emplace_back(key, *number);
}

void add(JsonObject& members, std::string_view key, const std::optional<bool>& flag) {
  if (flag) members.emplace_back(key, *flag);
}

Json texts_json(const std::vector<std::string>& texts) {
  JsonArray items;
  for (const std::string& text : texts) items.emplace_back(text);
  return items;
}

Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  JsonObject members;
  for (const auto& [key, value] : pairs) members.emplace_back(key, value);
  return Json::object(std::move(members));
}

Json source_json(const ReadProvenance& read) {
  JsonObject members;
  if (read.training) {
    add(members, "repository", read.training->parameters.repository);
    add(members, "ref", read.training->parameters.ref);
  }
  if (const auto index = read.source()) {
    const ResourceDescriptor& source = read.provenance.dependencies[*index];
    add(members, "uri", source.uri);
    add(members, "commit", std::string(source.digest("gitCommit")));
    add(members, "dirty", read.facts[*index].dirty);
  }
  return Json::object(std::move(members));
}

Json input_json(const ResourceDescriptor& resource, const DependencyFacts& facts) {
  JsonObject members = {{"digest", pairs_json(resource.digests)}};
  for (const auto& [key, text] :
       std::initializer_list<std::pair<std::string_view, const std::string*>>{{"name", &resource.name},
                                                                              {"uri", &resource.uri},
                                                                              {"kind", &facts.kind},
                                                                              {"role", &facts.role},
                                                                              {"relation", &facts.relation},
                                                                              {"evidence", &facts.evidence},
                                                                              {"license", &facts.license}})
    add(members, key, *text);
  for (const auto& [key, number] : {std::pair("files", facts.files),
                                    {"filesRead", facts.files_read},
                                    {"bytes", facts.bytes},
                                    {"records", facts.records},
                                    {"tokens", facts.tokens}})
    add(members, key, number);
  for (const auto& [key, flag] : {std::pair("loaded", facts.loaded),
                                  {"mutable", facts.writable_by_others},
                                  {"changed", facts.changed},
                                  {"undeclared", facts.undeclared}})
    add(members, key, flag);
  if (facts.signature)
    members.emplace_back("signature", Json::object({{"identity", facts.signature->identity},
                                                    {"issuer", facts.signature->issuer},
                                                    {"verified", facts.signature->verified}}));
  return Json::object(std::move(members));
}

Json inputs_json(const ReadProvenance& read) {
  JsonArray items;
  for (std::size_t i = 0; i < read.facts.size(); ++i)
    items.push_back(input_json(read.provenance.dependencies[i], read.facts[i]));
  return items;
}

Json isolation_json(const TrainingConditions& it) {
  JsonObject members = {{"newPrivileges", it.new_privileges}};
  add(members, "network", it.network);
  add(members, "filesystem", it.filesystem);
  add(members, "ioUring", it.io_uring);
  return Json::object(std::move(members));
}

Json capture_json(const TrainingConditions& it) {
  JsonObject members = {
      {"complete", it.complete}, {"incomplete", texts_json(it.incomplete)}, {"droppedEvents", it.dropped_events}};
  add(members, "tier", it.tier);
  add(members, "mode", it.mode);
  return Json::object(std::move(members));
}

Json hardware_json(const TrainingConditions& it) {
  JsonArray accelerators;
  for (const Accelerators& one : it.accelerators)
    accelerators.push_back(Json::object({{"model", one.model}, {"count", one.count}, {"driver", one.driver}}));
  JsonObject members = {{"accelerators", std::move(accelerators)}, {"nodes", it.nodes}, {"ranks", it.ranks}};
  add(members, "cpu", it.cpu);
  add(members, "kernel", it.kernel);
  add(members, "runtime", it.runtime);
  return Json::object(std::move(members));
}

Json summary_json(const TrainingSummary& it) {
  JsonObject members = {{"evidence", kEvidenceSelfReported}, {"evaluation", pairs_json(it.evaluation)}};
  for (const auto& [key, number] : {std::pair("stepsPlanned", it.steps_planned),
                                    {"stepsCompleted", it.steps_completed},
                                    {"tokensPlanned", it.tokens_planned},
                                    {"tokensSeen", it.tokens_seen},
                                    {"parameters", it.parameters},
                                    {"bestEvalStep", it.best_eval_step},
                                    {"nanSteps", it.nan_steps},
                                    {"acceleratorSeconds", it.accelerator_seconds},
                                    {"checkpoints", it.checkpoints}})
    add(members, key, number);
  for (const auto& [key, text] : {std::pair("epochsPlanned", &it.epochs_planned),
                                  {"epochsCompleted", &it.epochs_completed},
                                  {"finalTrainLoss", &it.final_train_loss},
                                  {"finalEvalLoss", &it.final_eval_loss},
                                  {"bestEvalLoss", &it.best_eval_loss},
                                  {"stopReason", &it.stop_reason}})
    add(members, key, *text);
  return Json::object(std::move(members));
}

void add_training(const Training& training, JsonObject& members) {
  members.emplace_back("command", texts_json(training.parameters.entry_point));
  add(members, "config", training.parameters.config);
  members.emplace_back("hyperparameters", Json::object(training.parameters.hyperparameters));
  members.emplace_back("environment", pairs_json(training.parameters.environment));
  members.emplace_back("isolation", isolation_json(training.conditions));
  members.emplace_back("capture", capture_json(training.conditions));
  members.emplace_back("hardware", hardware_json(training.conditions));
  if (training.summary) members.emplace_back("summary", summary_json(*training.summary));
}

}  // namespace

Json provenance_json(const ReadProvenance& read) {
  const Provenance& provenance = read.provenance;
  JsonObject members = {{"source", source_json(read)}, {"inputs", inputs_json(read)}};
  add(members, "builder", provenance.builder_id);
  add(members, "buildType", provenance.build_type);
  add(members, "invocation", provenance.invocation_id);
  if (provenance.started) members.emplace_back("started", format_rfc3339(*provenance.started));
  if (provenance.finished) members.emplace_back("finished", format_rfc3339(*provenance.finished));
  if (read.training) add_training(*read.training, members);
  return Json::object(std::move(members));
}

}  // namespace weightmark::cli
