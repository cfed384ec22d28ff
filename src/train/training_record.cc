#include "train/training_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/refuse.h"
#include "base/text.h"
#include "weightmark/digest.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

// asked_for is an input as the caller named it.
std::string asked_for(const InputSpec& spec) { return spec.uri.empty() ? spec.path.native() : spec.uri; }

// take_hyperparameters lets what the caller gave win over what the command reports.
void take_hyperparameters(const TrainingRecord& record, TrainingStatement& statement) {
  JsonObject values = record.hyperparameters;
  for (const auto& [name, value] : record.report.hyperparameters) {
    const auto given = std::ranges::find(record.hyperparameters, name, &JsonObject::value_type::first);
    if (given == record.hyperparameters.end())
      values.emplace_back(name, value);
    else if (given->second != value)
      statement.warnings.push_back(
          fmt::format("the command reports another value of {} than was given; the given one is recorded", name));
  }
  std::ranges::sort(values, {}, &JsonObject::value_type::first);
  statement.training.parameters.hyperparameters = std::move(values);
}

void take_parameters(const TrainingRecord& record, const Redaction& redaction, TrainingStatement& statement) {
  TrainingParameters& it = statement.training.parameters;
  it.repository = record.repository;
  it.ref = record.ref;
  it.entry_point = redaction.command(record.command);
  it.config = record.config;
  it.environment = record.environment;
  for (const MeasuredInput& input : record.inputs) {
    if (input.spec.kind == "dataset") it.datasets.push_back(asked_for(input.spec));
    if (input.spec.kind == "model") it.base_models.push_back(asked_for(input.spec));
  }
  take_hyperparameters(record, statement);
}

// take_accelerators: the kernel knows drivers, the command which devices it used.
void take_accelerators(const TrainingRecord& record, TrainingConditions& it) {
  it.accelerators = record.report.accelerators.empty() ? record.machine.accelerators : record.report.accelerators;
  it.runtime = record.report.runtime;
  for (Accelerators& used : it.accelerators) {
    const auto known = std::ranges::find(record.machine.accelerators, used.model, &Accelerators::model);
    if (known != record.machine.accelerators.end()) used.driver = known->driver;
  }
}

void take_conditions(const TrainingRecord& record, TrainingConditions& it) {
  const ConfinementFacts& facts = record.confinement;
  it.network = facts.network;
  it.filesystem = facts.filesystem == "landlock" ? "confined" : "readonly-inputs";
  it.io_uring = facts.io_uring ? "allowed" : "denied";
  it.new_privileges = facts.new_privileges;
  it.seccomp_sha256 = facts.system_call_filter;
  it.tier = tier_letter(facts);
  it.mode = facts.capture;
  it.complete = facts.complete;
  it.incomplete = facts.incomplete;
  it.incomplete.insert(it.incomplete.end(), facts.limits.begin(), facts.limits.end());
  it.dropped_events = static_cast<std::int64_t>(facts.dropped_events);
  it.cpu = record.machine.cpu;
  it.kernel = facts.kernel.empty() ? record.machine.kernel : facts.kernel;
  it.nodes = record.report.nodes;
  it.ranks = record.report.ranks;
  take_accelerators(record, it);
}

bool is_same(const InputEvent& event, const MeasuredInput& input) {
  if (!event.uri.empty() && (event.uri == input.spec.uri || event.uri == input.resource.uri)) return true;
  if (event.path.empty()) return false;
  std::error_code error;
  const fs::path path = fs::weakly_canonical(event.path, error);
  const auto [at, rest] = std::ranges::mismatch(input.path, path);
  return at == input.path.end();
}

// reported_input is what only the command itself says.
Dependency reported_input(const InputEvent& event) {
  Dependency it;
  const std::string kind = event.kind == "model" ? "base-model" : event.kind;
  it.resource.name =
      fmt::format("{}:{}", kind, event.uri.empty() ? fs::path(event.path).filename().native() : event.uri);
  it.resource.uri = event.uri;
  it.facts.kind = event.kind;
  it.facts.role = event.kind == "dataset" ? event.role : "";
  it.facts.relation = event.kind == "model" ? event.relation : "";
  it.facts.evidence = kEvidenceSelfReported;
  return it;
}

void add_dependency(const Dependency& it, TrainingStatement& statement) {
  statement.provenance.dependencies.push_back(it.resource);
  statement.training.dependencies.push_back(it.facts);
}

void add_dependencies(const TrainingRecord& record, TrainingStatement& statement) {
  for (const Dependency& it : record.others) add_dependency(it, statement);
  for (const MeasuredInput& input : record.inputs) add_dependency({input.resource, input.facts}, statement);
  for (const InputEvent& event : record.report.inputs) {
    const auto same = [&](const MeasuredInput& input) { return is_same(event, input); };
    if (std::ranges::none_of(record.inputs, same)) add_dependency(reported_input(event), statement);
  }
  for (const Dependency& it : record.opened.dependencies) add_dependency(it, statement);
}

// A file that cannot be read afterwards is listed without what was in it.
void check_digests(const TrainingRecord& record, TrainingConditions& it) {
  const auto lacks = [](const Dependency& one) { return one.resource.digests.empty(); };
  if (std::ranges::none_of(record.opened.dependencies, lacks)) return;
  it.complete = false;
  it.incomplete.emplace_back("a file that was opened could not be read afterwards");
}

void redact_resource(const Redaction& redaction, ResourceDescriptor& resource) {
  resource.name = redaction.apply(resource.name);
  resource.uri = redaction.apply(resource.uri);
  for (auto& [key, value] : resource.annotations) value = redaction.json(value);
}

void redact(const Redaction& redaction, Provenance& provenance) {
  for (auto* object : {&provenance.external_parameters, &provenance.internal_parameters})
    for (auto& [key, value] : *object) value = redaction.json(value);
  for (ResourceDescriptor& resource : provenance.dependencies) redact_resource(redaction, resource);
  for (ResourceDescriptor& resource : provenance.byproducts) redact_resource(redaction, resource);
}

}  // namespace

TrainingStatement make_statement(const TrainingRecord& record, const Redaction& redaction) {
  TrainingStatement statement;
  take_parameters(record, redaction, statement);
  take_conditions(record, statement.training.conditions);
  add_dependencies(record, statement);
  check_digests(record, statement.training.conditions);
  statement.training.summary = record.report.summary;
  Provenance& it = statement.provenance;
  it.builder_id = record.builder_id;
  it.builder_version = {{"weightmark", Json(WEIGHTMARK_VERSION)}};
  it.invocation_id = record.invocation_id;
  it.started = record.started;
  it.finished = record.finished;
  write_training(statement.training, it);
  redact(redaction, it);
  return statement;
}

Result<Dependency> image_dependency(std::string_view reference) {
  constexpr std::string_view kDigest = "@sha256:";
  const std::size_t at = reference.find(kDigest);
  const std::string_view hex = at == std::string_view::npos ? "" : reference.substr(at + kDigest.size());
  if (at == 0 || !Digest::from_hex(HashAlgorithm::kSha256, hex))
    return refuse(ErrorCode::kTrainingInput, "names no image by its digest", excerpt(reference),
                  "give REGISTRY/NAME@sha256:HEX, as the registry shows it");
  Dependency it;
  it.resource.name = "image";
  it.resource.uri = fmt::format("oci://{}", reference);
  it.resource.digests = {{"sha256", std::string(hex)}};
  it.facts.kind = "container";
  // Nothing inside a container can tell what it was made of.
  it.facts.evidence = kEvidenceDeclared;
  return it;
}

}  // namespace weightmark
