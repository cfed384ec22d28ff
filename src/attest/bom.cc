#include "attest/bom.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attest/bom_parts.h"
#include "attest/stated_inputs.h"
#include "attest/training.h"
#include "base/encoding.h"
#include "base/time.h"
#include "base/try.h"
#include "crypto/sha2.h"

namespace weightmark {
namespace {

using bom::Properties;

// Sources is what the provenance says, typed. Of a build that is no training there is only
// what its dependencies say in annotations of ours.
struct Sources {
  const Provenance& provenance;
  const BomModel& model;
  std::optional<Training> training;
  std::vector<DependencyFacts> facts;

  const Training* trained() const { return training ? &*training : nullptr; }
};

Result<Sources> read_sources(const Provenance& provenance, const BomModel& model) {
  WM_TRY(StatedInputs inputs, parse_inputs(provenance));
  return Sources{provenance, model, std::move(inputs.training), std::move(inputs.facts)};
}

// What the model was made from is its ancestor: all but those that only judged it.
bool is_ancestor(const DependencyFacts& facts) { return facts.kind == "model"; }

// --- the model card within the bill

// approach_of knows the names of methods that leave no doubt.
std::string_view approach_of(const Sources& sources) {
  if (!sources.training) return {};
  const JsonObject& given = sources.training->parameters.hyperparameters;
  const auto algorithm = std::ranges::find(given, "algorithm", &JsonObject::value_type::first);
  const auto* name = algorithm == given.end() ? nullptr : algorithm->second.as<std::string>();
  if (name == nullptr) return {};
  if (*name == "sft" || *name == "supervised") return "supervised";
  if (*name == "ppo" || *name == "grpo" || *name == "rlhf") return "reinforcement-learning";
  if (*name == "pretrain" || *name == "pretraining") return "self-supervised";
  return {};
}

Json parameters_of(const Sources& sources) {
  JsonArray datasets;
  for (std::size_t i = 0; i < sources.facts.size(); ++i)
    if (sources.facts[i].kind == "dataset") datasets.push_back(Json::of("ref", bom::dependency_ref(i)));
  JsonObject members;
  const std::string_view approach = approach_of(sources);
  if (!approach.empty()) members.emplace_back("approach", Json::of("type", approach));
  if (!sources.model.task.empty()) members.emplace_back("task", sources.model.task);
  if (!datasets.empty()) members.emplace_back("datasets", std::move(datasets));
  return Json::object(std::move(members));
}

JsonArray metrics_of(const TrainingSummary& summary) {
  JsonArray metrics;
  const auto add = [&](std::string_view type, const std::string& value, std::string_view slice) {
    if (!value.empty()) metrics.push_back(Json::of("type", type, "value", value, "slice", slice));
  };
  add("loss", summary.final_train_loss, "train");
  add("loss", summary.final_eval_loss, "eval");
  for (const auto& [name, value] : summary.evaluation) add(name, value, "eval");
  return metrics;
}

// limitations_of says in words what a user of the model should know about the run.
JsonArray limitations_of(const TrainingSummary& summary) {
  JsonArray limitations;
  if (summary.stop_reason == "interrupted" || summary.stop_reason == "error")
    limitations.emplace_back(fmt::format("The training did not end as planned: {}.", summary.stop_reason));
  if (summary.steps_planned && summary.steps_completed && *summary.steps_completed < *summary.steps_planned)
    limitations.emplace_back(
        fmt::format("{} of {} planned steps were made.", *summary.steps_completed, *summary.steps_planned));
  if (summary.nan_steps.value_or(0) > 0)
    limitations.emplace_back(fmt::format("The loss was not a number in {} steps.", *summary.nan_steps));
  return limitations;
}

Json model_card_of(const Sources& sources) {
  JsonObject card;
  card.emplace_back("modelParameters", parameters_of(sources));
  if (!sources.training || !sources.training->summary) return Json::object(std::move(card));
  const TrainingSummary& summary = *sources.training->summary;
  if (JsonArray metrics = metrics_of(summary); !metrics.empty())
    card.emplace_back("quantitativeAnalysis", Json::of("performanceMetrics", std::move(metrics)));
  if (JsonArray limitations = limitations_of(summary); !limitations.empty())
    card.emplace_back("considerations", Json::of("technicalLimitations", std::move(limitations)));
  Properties properties;
  properties.add("evidence", kEvidenceSelfReported);
  properties.add("parameters", summary.parameters);
  std::move(properties).into(card);
  return Json::object(std::move(card));
}

// --- the model

JsonArray references_of(const BomModel& model) {
  JsonArray references;
  const auto add = [&](std::string_view type, const std::string& path, const std::string& sha256) {
    if (!bom::is_reference(path)) return;
    JsonObject reference;
    reference.emplace_back("type", type);
    reference.emplace_back("url", path);
    if (!sha256.empty()) reference.emplace_back("hashes", JsonArray{Json::of("alg", "SHA-256", "content", sha256)});
    references.push_back(Json::object(std::move(reference)));
  };
  add("attestation", model.attestation, model.attestation_sha256);
  add("digital-signature", model.signature, {});
  add("model-card", model.card, {});
  return references;
}

JsonArray ancestors_of(const Sources& sources) {
  JsonArray ancestors;
  for (std::size_t i = 0; i < sources.facts.size(); ++i)
    if (is_ancestor(sources.facts[i]))
      ancestors.push_back(bom::component_of(sources.provenance.dependencies[i], sources.facts[i], i));
  return ancestors;
}

Json model_of(const Sources& sources) {
  const BomModel& model = sources.model;
  JsonObject members;
  members.emplace_back("bom-ref", bom::kModelRef);
  members.emplace_back("type", "machine-learning-model");
  members.emplace_back("name", model.name.empty() ? std::string("model") : model.name);
  members.emplace_back("modelCard", model_card_of(sources));
  Properties properties;
  // The digest of a folder is of no file: it is made from the digests of its files.
  properties.add("digestKind", "oms-root");
  bom::add_hashes(model.digests, members, properties);
  bom::add_licenses(model.licenses, members);
  if (!model.licenses.empty() || !model.task.empty())
    properties.add("licenseAndTask", "as the model card has them; no part of the provenance");
  JsonArray ancestors = ancestors_of(sources);
  if (!ancestors.empty()) members.emplace_back("pedigree", Json::of("ancestors", std::move(ancestors)));
  JsonArray references = references_of(model);
  if (!references.empty()) members.emplace_back("externalReferences", std::move(references));
  std::move(properties).into(members);
  return Json::object(std::move(members));
}

// --- the document

Json metadata_of(const Sources& sources) {
  const Provenance& provenance = sources.provenance;
  JsonObject metadata;
  metadata.emplace_back("component", model_of(sources));
  metadata.emplace_back("lifecycles", JsonArray{Json::of("phase", "build")});
  metadata.emplace_back("tools",
                        Json::of("components", JsonArray{Json::of("type", "application", "name", "weightmark")}));
  const auto time = provenance.finished ? provenance.finished : provenance.started;
  if (time) metadata.emplace_back("timestamp", format_rfc3339(*time));
  Properties properties;
  properties.add("provenance", sources.model.verified ? std::string_view("verified") : "not verified");
  properties.add("signedBy", sources.model.signed_by);
  std::move(properties).into(metadata);
  return Json::object(std::move(metadata));
}

JsonArray components_of(const Sources& sources) {
  JsonArray components;
  for (std::size_t i = 0; i < sources.facts.size(); ++i)
    if (!is_ancestor(sources.facts[i]))
      components.push_back(bom::component_of(sources.provenance.dependencies[i], sources.facts[i], i));
  return components;
}

Json dependencies_of(const Sources& sources) {
  JsonArray refs;
  for (std::size_t i = 0; i < sources.facts.size(); ++i) refs.emplace_back(bom::dependency_ref(i));
  return JsonArray{Json::of("ref", bom::kModelRef, "dependsOn", std::move(refs))};
}

// serial_of makes a UUID of version 8 (RFC 9562, section 5.8) from the document.
std::string serial_of(const std::string& document) {
  Bytes digest = sha2(Sha2::k256, as_bytes(document));
  digest.resize(16);
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0FU) | 0x80U);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3FU) | 0x80U);
  const std::string hex = to_hex(digest);
  return fmt::format("urn:uuid:{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

}  // namespace

Result<std::string> write_bom(const Provenance& provenance, const BomModel& model, BomVersion version) {
  WM_TRY(const Sources sources, read_sources(provenance, model));
  const std::string_view number = version == BomVersion::kV17 ? "1.7" : "1.6";
  JsonObject members;
  members.emplace_back("$schema", fmt::format("http://cyclonedx.org/schema/bom-{}.schema.json", number));
  members.emplace_back("bomFormat", "CycloneDX");
  members.emplace_back("specVersion", number);
  members.emplace_back("version", 1);
  members.emplace_back("metadata", metadata_of(sources));
  members.emplace_back("components", components_of(sources));
  members.emplace_back("dependencies", dependencies_of(sources));
  members.emplace_back("formulation", JsonArray{bom::formula_of(provenance, sources.trained())});
  members.emplace_back("serialNumber", serial_of(write_json(Json::object(members))));
  return write_json_indented(Json::object(std::move(members)));
}

}  // namespace weightmark
