#include "attest/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "attest/training_fields.h"
#include "base/refuse.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::string_view kPrefix = "weightmark_";
constexpr std::string_view kSummaryType = "application/vnd.weightmark.training-summary+json";
constexpr std::string_view kMerkleAlgorithm = "rfc6962-sha256";

// --- Fields is a FieldReader or a FieldWriter, and what it is given variable or constant.

template <class Fields>
void parameters(Fields& fields, auto& it) {
  fields.object("source", [&](Fields& source) {
    source.text("repository", it.repository);
    source.text("ref", it.ref);
  });
  fields.texts("entryPoint", it.entry_point);
  fields.text("config", it.config);
  fields.scalars("hyperparameters", it.hyperparameters);
  fields.object("inputs", [&](Fields& inputs) {
    inputs.texts("datasets", it.datasets);
    inputs.texts("baseModels", it.base_models);
  });
  fields.pairs("environment", it.environment);
}

template <class Fields>
void hardware(Fields& fields, auto& it) {
  fields.text("cpu", it.cpu);
  fields.text("kernel", it.kernel);
  fields.text("runtime", it.runtime);
  fields.objects("accelerators", it.accelerators, [](Fields& one, auto& accelerators) {
    one.text("model", accelerators.model);
    one.number("count", accelerators.count);
    one.text("driver", accelerators.driver);
  });
}

template <class Fields>
void conditions(Fields& fields, auto& it) {
  fields.object("isolation", [&](Fields& isolation) {
    isolation.choice("network", it.network, {"denied", "loopback", "open"});
    isolation.choice("filesystem", it.filesystem, {"readonly-inputs", "confined", "open"});
    isolation.choice("ioUring", it.io_uring, {"denied", "allowed"});
    isolation.flag("newPrivileges", it.new_privileges);
    isolation.hex("seccompProfileSha256", it.seccomp_sha256);
  });
  fields.object("capture", [&](Fields& capture) {
    capture.choice("tier", it.tier, {"A", "B", "C", "D"});
    capture.choice("mode", it.mode, {"fanotify", "none"});
    capture.flag("complete", it.complete);
    capture.texts("incomplete", it.incomplete);
    capture.number("droppedEvents", it.dropped_events);
  });
  fields.object("hardware", [&](Fields& inner) { hardware(inner, it); });
  fields.object("world", [&](Fields& world) {
    world.number("nodes", it.nodes);
    world.number("ranks", it.ranks);
    world.objects("machines", it.machines, [](Fields& one, auto& machine) {
      one.number("node", machine.node);
      one.texts("entryPoint", machine.entry_point);
      one.text("cpu", machine.cpu);
      one.text("kernel", machine.kernel);
      one.choice("tier", machine.tier, {"A", "B", "C", "D"});
      one.choice("mode", machine.mode, {"fanotify", "none"});
      one.flag("complete", machine.complete);
    });
  });
}

template <class Fields>
void facts(Fields& fields, auto& it) {
  fields.choice("kind", it.kind,
                {"source", "dataset", "model", "container", "framework", "package", "accelerator-runtime", "lockfile",
                 "tokenizer", "judge-model", "environment", "file"});
  fields.choice("role", it.role, {"train", "validation", "eval", "reward", "synthetic-source"});
  fields.choice("relation", it.relation, {"finetune", "adapter", "merge", "distill", "quantize", "init", "resume"});
  fields.choice("evidence", it.evidence, {kEvidenceObserved, kEvidenceDeclared, kEvidenceSelfReported});
  fields.text("digestKind", it.digest_kind);
  fields.text("license", it.license);
  fields.number("files", it.files);
  fields.number("bytes", it.bytes);
  fields.number("filesRead", it.files_read);
  fields.number("records", it.records);
  fields.number("tokens", it.tokens);
  fields.optional_object("merkle", it.merkle, [](Fields& inner, auto& merkle) {
    std::string algorithm(kMerkleAlgorithm);
    inner.choice("alg", algorithm, {kMerkleAlgorithm});
    inner.hex("root", merkle.root);
    inner.number("leaves", merkle.leaves);
  });
  fields.optional_object("signature", it.signature, [](Fields& inner, auto& signature) {
    inner.hex("bundleSha256", signature.bundle_sha256);
    inner.text("identity", signature.identity);
    inner.text("issuer", signature.issuer);
    inner.flag("verified", signature.verified);
  });
  fields.object("provenance", [&](Fields& inner) { inner.hex("sha256", it.provenance_sha256); });
  fields.object("croissant", [&](Fields& inner) { inner.hex("sha256", it.croissant_sha256); });
  fields.flag("loaded", it.loaded);
  fields.flag("dirty", it.dirty);
  fields.flag("mutable", it.writable_by_others);
  fields.flag("changed", it.changed);
  fields.flag("undeclared", it.undeclared);
}

template <class Fields>
void summary(Fields& fields, auto& it) {
  fields.number("stepsPlanned", it.steps_planned);
  fields.number("stepsCompleted", it.steps_completed);
  fields.decimal("epochsPlanned", it.epochs_planned);
  fields.decimal("epochsCompleted", it.epochs_completed);
  fields.number("tokensPlanned", it.tokens_planned);
  fields.number("tokensSeen", it.tokens_seen);
  fields.number("parameters", it.parameters);
  fields.decimal("finalTrainLoss", it.final_train_loss);
  fields.decimal("finalEvalLoss", it.final_eval_loss);
  fields.decimal("bestEvalLoss", it.best_eval_loss);
  fields.number("bestEvalStep", it.best_eval_step);
  fields.number("nanSteps", it.nan_steps);
  fields.number("acceleratorSeconds", it.accelerator_seconds);
  fields.number("checkpoints", it.checkpoints);
  fields.decimals("lossCurve", it.loss_curve);
  fields.decimal_pairs("evaluation", it.evaluation);
  fields.choice("stopReason", it.stop_reason, {"max_steps", "early_stop", "target", "interrupted", "error"});
}

std::string name_of(const ResourceDescriptor& resource) { return resource.name.empty() ? resource.uri : resource.name; }

ResourceDescriptor summary_resource(const TrainingSummary& it) {
  FieldWriter writer(kPrefix);
  writer.text("evidence", std::string(kEvidenceSelfReported));
  summary(writer, it);
  ResourceDescriptor resource;
  resource.name = kSummaryName;
  resource.media_type = kSummaryType;
  resource.annotations = std::move(writer).take();
  std::ranges::sort(resource.annotations, {}, &JsonObject::value_type::first);
  return resource;
}

Result<TrainingParameters> parse_parameters(const JsonObject& external) {
  TrainingParameters it;
  FieldReader reader(external, "externalParameters");
  parameters(reader, it);
  WM_CHECK(reader.result());
  if (const std::string unknown = reader.unknown(); !unknown.empty())
    return refuse(ErrorCode::kProvenanceParameter, "is no parameter of a training", unknown);
  if (it.entry_point.empty())
    return refuse(ErrorCode::kProvenanceMalformed, "is missing", "externalParameters.entryPoint");
  return it;
}

Result<std::optional<TrainingSummary>> parse_summary(const std::vector<ResourceDescriptor>& byproducts) {
  const auto found = std::ranges::find(byproducts, kSummaryName, &ResourceDescriptor::name);
  if (found == byproducts.end()) return std::nullopt;
  TrainingSummary it;
  FieldReader reader(found->annotations, std::string(kSummaryName), kPrefix);
  summary(reader, it);
  WM_CHECK(reader.result());
  if (it.loss_curve.size() > kMaxLossCurve)
    return refuse(ErrorCode::kProvenanceMalformed, fmt::format("has {} values", it.loss_curve.size()),
                  fmt::format("{}.weightmark_lossCurve", kSummaryName));
  return it;
}

}  // namespace

void write_training(const Training& training, Provenance& provenance) {
  provenance.build_type = kTrainingBuildType;
  FieldWriter external;
  parameters(external, training.parameters);
  provenance.external_parameters = std::move(external).take();
  std::ranges::sort(provenance.external_parameters, {}, &JsonObject::value_type::first);
  FieldWriter internal;
  conditions(internal, training.conditions);
  provenance.internal_parameters = std::move(internal).take();
  std::ranges::sort(provenance.internal_parameters, {}, &JsonObject::value_type::first);
  for (std::size_t i = 0; i < provenance.dependencies.size(); ++i) {
    FieldWriter writer(kPrefix);
    facts(writer, training.dependencies[i]);
    provenance.dependencies[i].annotations = std::move(writer).take();
    std::ranges::sort(provenance.dependencies[i].annotations, {}, &JsonObject::value_type::first);
  }
  if (training.summary) provenance.byproducts.push_back(summary_resource(*training.summary));
}

Result<Training> parse_training(const Provenance& provenance) {
  Training training;
  WM_TRY(training.parameters, parse_parameters(provenance.external_parameters));
  FieldReader reader(provenance.internal_parameters, "internalParameters");
  conditions(reader, training.conditions);
  WM_CHECK(reader.result());
  for (const ResourceDescriptor& dependency : provenance.dependencies) {
    WM_TRY(DependencyFacts one, parse_facts(dependency));
    training.dependencies.push_back(std::move(one));
  }
  WM_TRY(training.summary, parse_summary(provenance.byproducts));
  return training;
}

Result<DependencyFacts> parse_facts(const ResourceDescriptor& resource) {
  DependencyFacts it;
  FieldReader reader(resource.annotations, name_of(resource), kPrefix);
  facts(reader, it);
  WM_CHECK(reader.result());
  return it;
}

std::optional<double> decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::nullopt;
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace weightmark
