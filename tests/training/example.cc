// Prints the statement of docs/examples/training-provenance.json, whose run never was.
#include <cstdio>

#include "attest/statement.h"
#include "base/json_document.h"
#include "train/training_record.h"

namespace {

using namespace weightmark;

std::string digits(char c) { return std::string(64, c); }

MeasuredInput dataset() {
  MeasuredInput it;
  it.spec = {"dataset", "train", "", "mix", "hf://datasets/acme/mix@main"};
  it.resource.name = "dataset:mix";
  it.resource.uri = "hf://datasets/acme/mix@main";
  it.resource.digests = {{"sha256", digits('1')}, {"weightmarkManifestV1", digits('2')}};
  DependencyFacts& facts = it.facts;
  facts.kind = "dataset";
  facts.role = "train";
  facts.evidence = kEvidenceObserved;
  facts.digest_kind = "oms-root";
  facts.license = "CC-BY-4.0";
  facts.files = 18'231;
  facts.bytes = 214'748'364'800;
  facts.files_read = 18'230;
  facts.records = 9'412'331;
  facts.merkle = MerkleRoot{digits('3'), 18'231};
  facts.signature = InputSignature{digits('4'), "data@acme.example", "https://accounts.google.com", true};
  facts.croissant_sha256 = digits('5');
  facts.writable_by_others = false;
  return it;
}

MeasuredInput base_model() {
  MeasuredInput it;
  const std::string revision(40, '6');
  it.spec = {"model", "", "finetune", "base", ""};
  it.resource.name = "base-model:acme/tinylm";
  it.resource.uri = "pkg:huggingface/acme/tinylm@" + revision;
  it.resource.digests = {{"gitCommit", revision}, {"sha256", digits('7')}, {"weightmarkManifestV1", digits('8')}};
  it.facts.kind = "model";
  it.facts.relation = "finetune";
  it.facts.evidence = kEvidenceObserved;
  it.facts.digest_kind = "oms-root";
  it.facts.license = "apache-2.0";
  it.facts.provenance_sha256 = digits('9');
  it.facts.writable_by_others = true;
  return it;
}

Dependency dependency(std::string name, std::string kind, std::string_view digest_kind, char digit) {
  Dependency it;
  it.resource.name = std::move(name);
  it.resource.digests = {{"sha256", digits(digit)}};
  it.facts.kind = std::move(kind);
  it.facts.evidence = kEvidenceObserved;
  it.facts.digest_kind = digest_kind;
  return it;
}

Dependency source() {
  Dependency it;
  it.resource.name = "source";
  it.resource.uri = "git+https://github.com/acme/train@refs/heads/main";
  it.resource.digests = {{"gitCommit", std::string(40, 'a')}};
  it.facts.kind = "source";
  it.facts.evidence = kEvidenceObserved;
  it.facts.dirty = false;
  it.facts.changed = false;
  return it;
}

OpenedSummary opened() {
  OpenedSummary it;
  Dependency torch = dependency("torch", "framework", "record", 'b');
  torch.resource.uri = "pkg:pypi/torch@2.8.0";
  torch.facts.license = "BSD-3-Clause";
  torch.facts.loaded = true;
  it.dependencies.push_back(torch);
  Dependency system = dependency("system", "environment", "merkle-root", 'c');
  system.facts.files = 211;
  system.facts.merkle = MerkleRoot{digits('c'), 211};
  it.dependencies.push_back(system);
  Dependency stray = dependency("/home/dev/train/local.py", "file", "file", 'd');
  stray.facts.undeclared = true;
  it.dependencies.push_back(stray);
  return it;
}

ConfinementFacts confinement() {
  ConfinementFacts it;
  it.tier = Tier::kObserved;
  it.network = "loopback";
  it.filesystem = "view+landlock";
  it.system_call_filter = digits('e');
  it.kernel = "Linux 6.8.0 x86_64";
  it.capture = "fanotify";
  it.complete = true;
  return it;
}

RunReport report() {
  RunReport it;
  it.hyperparameters = {{"optimizer", "adamw"}, {"seed", 7}};
  it.ranks = 8;
  it.accelerators = {{"NVIDIA H100 80GB HBM3", 8, "575.57.08"}};
  it.runtime = "cuda 12.8";
  TrainingSummary summary;
  summary.steps_planned = summary.steps_completed = 12'000;
  summary.epochs_completed = "2.0";
  summary.tokens_seen = 12'240'000'000;
  summary.parameters = 1'100'000'000;
  summary.final_train_loss = "1.412";
  summary.final_eval_loss = "1.463";
  summary.best_eval_loss = "1.461";
  summary.best_eval_step = 11'500;
  summary.nan_steps = 0;
  summary.checkpoints = 24;
  summary.loss_curve = {"9.81", "2.07", "1.412"};
  summary.evaluation = {{"eval.accuracy", "0.71"}, {"eval.loss", "1.463"}};
  summary.stop_reason = "max_steps";
  it.summary = summary;
  return it;
}

TrainingRecord record() {
  TrainingRecord it;
  it.command = {"torchrun", "--nproc-per-node=8", "train.py", "--config", "sft.yaml"};
  it.repository = "https://github.com/acme/train";
  it.ref = "refs/heads/main";
  it.config = "sft.yaml";
  it.hyperparameters = {{"learning_rate", "2e-5"}};
  it.environment = {{"HF_HUB_OFFLINE", "1"}};
  it.inputs = {dataset(), base_model()};
  Dependency config = dependency("config", "file", "file", 'f');
  config.facts.evidence = kEvidenceDeclared;
  it.others = {source(), config, image_dependency("docker.io/pytorch/pytorch@sha256:" + digits('0')).value()};
  it.opened = opened();
  it.confinement = confinement();
  it.machine.cpu = "x86_64, Intel(R) Xeon(R) Platinum 8480+";
  it.report = report();
  it.builder_id = "https://github.com/acme/train/.github/workflows/train.yml@refs/heads/main";
  it.invocation_id = "https://github.com/acme/train/actions/runs/6646816974/attempts/1";
  it.started = parse_rfc3339("2026-03-02T08:00:11Z").value();
  it.finished = parse_rfc3339("2026-03-03T02:41:57Z").value();
  return it;
}

}  // namespace

int main() {
  const TrainingStatement made = make_statement(record(), Redaction());
  const std::vector<Subject> subjects{
      {"acme/tinylm-sft", {{"sha256", digits('a')}, {"weightmarkManifestV1", digits('b')}}}};
  const std::string statement = write_statement(
      subjects, kProvenanceV1, [&](JsonWriter& out) { out.verbatim(write_provenance(made.provenance)); });
  std::fputs(write_json_indented(parse_json(statement).value()).c_str(), stdout);
  return 0;
}
