// How the model came to be, for a bill of materials.
#include <fmt/format.h>

#include "attest/bom_parts.h"
#include "base/time.h"

namespace weightmark::bom {
namespace {

std::string scalar_text(const Json& value) {
  const auto* text = value.as<std::string>();
  return text != nullptr ? *text : write_json(value);
}

Json reference(std::string_view ref) { return Json::object({{"ref", ref}}); }

Json parameter(std::string_view name, std::string_view value) {
  return Json::object({{"name", name}, {"value", value}});
}

// parameters_of are the hyperparameters; of a build that is no training, what it was given.
JsonArray parameters_of(const Provenance& provenance, const Training* training) {
  JsonArray list;
  const JsonObject& given = training != nullptr ? training->parameters.hyperparameters : provenance.external_parameters;
  for (const auto& [name, value] : given) list.push_back(parameter(name, scalar_text(value)));
  if (training != nullptr && !training->parameters.config.empty())
    list.push_back(parameter("config", training->parameters.config));
  return list;
}

JsonArray inputs_of(const Provenance& provenance, const Training* training) {
  JsonArray inputs;
  for (std::size_t i = 0; i < provenance.dependencies.size(); ++i)
    inputs.push_back(Json::object({{"resource", reference(dependency_ref(i))}}));
  if (JsonArray parameters = parameters_of(provenance, training); !parameters.empty())
    inputs.push_back(Json::object({{"parameters", std::move(parameters)}}));
  if (training == nullptr || training->parameters.environment.empty()) return inputs;
  JsonArray variables;
  for (const auto& [name, value] : training->parameters.environment) variables.push_back(parameter(name, value));
  inputs.push_back(Json::object({{"environmentVars", std::move(variables)}}));
  return inputs;
}

// quoted is one word of a shell, as POSIX has it.
std::string quoted(const std::string& word) {
  const auto plain = word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+");
  if (plain == std::string::npos && !word.empty()) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

Json command_of(const std::vector<std::string>& entry_point) {
  std::string line;
  for (const std::string& word : entry_point) line += (line.empty() ? "" : " ") + quoted(word);
  return Json::object({{"commands", JsonArray{Json::object({{"executed", line}})}}, {"name", "train"}});
}

void add_conditions(const TrainingConditions& conditions, Properties& properties) {
  properties.add("network", conditions.network);
  properties.add("filesystem", conditions.filesystem);
  properties.add("ioUring", conditions.io_uring);
  properties.add("captureTier", conditions.tier);
  properties.add("captureMode", conditions.mode);
  properties.add("captureComplete", std::optional(conditions.complete));
  for (const std::string& reason : conditions.incomplete) properties.add("captureIncomplete", reason);
  properties.add("cpu", conditions.cpu);
  properties.add("kernel", conditions.kernel);
  properties.add("runtime", conditions.runtime);
  properties.add("nodes", std::optional(conditions.nodes));
  properties.add("ranks", std::optional(conditions.ranks));
}

void add_summary(const TrainingSummary& summary, Properties& properties) {
  properties.add("summary:evidence", kEvidenceSelfReported);
  properties.add("summary:stepsPlanned", summary.steps_planned);
  properties.add("summary:stepsCompleted", summary.steps_completed);
  properties.add("summary:epochsCompleted", summary.epochs_completed);
  properties.add("summary:tokensSeen", summary.tokens_seen);
  properties.add("summary:stopReason", summary.stop_reason);
}

Json run_of(const Provenance& provenance, const Training* training) {
  JsonObject run = {{"bom-ref", "run"},
                    {"uid", provenance.invocation_id.empty() ? "run" : provenance.invocation_id},
                    {"taskTypes", JsonArray{"build"}},
                    {"inputs", inputs_of(provenance, training)},
                    {"outputs", JsonArray{Json::object({{"type", "artifact"}, {"resource", reference(kModelRef)}})}}};
  if (provenance.started) run.emplace_back("timeStart", format_rfc3339(*provenance.started));
  if (provenance.finished) run.emplace_back("timeEnd", format_rfc3339(*provenance.finished));
  Properties properties;
  properties.add("builder", provenance.builder_id);
  properties.add("buildType", provenance.build_type);
  if (training != nullptr) {
    run.emplace_back("steps", JsonArray{command_of(training->parameters.entry_point)});
    add_conditions(training->conditions, properties);
    if (training->summary) add_summary(*training->summary, properties);
  }
  std::move(properties).into(run);
  return Json::object(std::move(run));
}

JsonArray hardware_of(const TrainingConditions& conditions) {
  JsonArray devices;
  for (const Accelerators& accelerators : conditions.accelerators) {
    Properties properties;
    properties.add("count", std::optional(accelerators.count));
    properties.add("driver", accelerators.driver);
    properties.add("evidence", kEvidenceSelfReported);
    JsonObject device = {{"bom-ref", fmt::format("device-{}", devices.size())},
                         {"name", accelerators.model.empty() ? "accelerator" : accelerators.model},
                         {"type", "device"}};
    std::move(properties).into(device);
    devices.push_back(Json::object(std::move(device)));
  }
  return devices;
}

}  // namespace

Json formula_of(const Provenance& provenance, const Training* training) {
  JsonObject formula = {{"bom-ref", "formula"}, {"workflows", JsonArray{run_of(provenance, training)}}};
  JsonArray devices = training != nullptr ? hardware_of(training->conditions) : JsonArray();
  if (!devices.empty()) formula.emplace_back("components", std::move(devices));
  return Json::object(std::move(formula));
}

}  // namespace weightmark::bom
