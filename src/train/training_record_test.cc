#include "train/training_record.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weightmark {
namespace {

const std::string kHex(64, 'a');
constexpr const char* kSecret = "hunter2-hunter2";

MeasuredInput input(std::string kind, std::string name, std::string uri) {
  MeasuredInput it;
  it.spec = {kind, kind == "dataset" ? "train" : "", kind == "model" ? "finetune" : "", "/data/" + name, uri};
  it.path = "/data/" + name;
  it.resource.name = kind + ":" + name;
  it.resource.uri = uri;
  it.resource.digests = {{"sha256", kHex}};
  it.facts.kind = kind;
  it.facts.evidence = kEvidenceDeclared;
  return it;
}

TrainingRecord record() {
  TrainingRecord it;
  it.command = {"python", "train.py", "--api-key", "abc", std::string("--note=") + kSecret};
  it.repository = "https://host.example/a";
  it.hyperparameters = {{"lr", "0.1"}};
  it.inputs = {input("dataset", "mix", ""), input("model", "base", "hf://acme/base")};
  it.confinement.network = "denied";
  it.confinement.filesystem = "landlock";
  it.confinement.capture = "none";
  it.confinement.system_call_filter = kHex;
  it.confinement.incomplete = {"not observed"};
  it.confinement.limits = {"sockets"};
  it.builder_id = "https://weightmark.dev/builders/local";
  it.invocation_id = "urn:uuid:1";
  return it;
}

TrainingStatement statement(const TrainingRecord& of = record()) { return make_statement(of, Redaction({kSecret})); }

// read_back is what others find in it.
Training read_back(const TrainingStatement& of) {
  const auto document = JsonDocument::parse(write_provenance(of.provenance)).value();
  return parse_training(parse_provenance(kProvenanceV1, document.root(ErrorCode::kPredicateMalformed)).value()).value();
}

TEST(TrainingRecord, IsReadAsATraining) {
  const Training training = read_back(statement());
  EXPECT_EQ(training.parameters.repository, "https://host.example/a");
  EXPECT_EQ(training.parameters.datasets, std::vector<std::string>{"/data/mix"});
  EXPECT_EQ(training.parameters.base_models, std::vector<std::string>{"hf://acme/base"});
  EXPECT_EQ(training.conditions.tier, "C");
  EXPECT_EQ(training.conditions.filesystem, "confined");
  EXPECT_EQ(training.conditions.incomplete, (std::vector<std::string>{"not observed", "sockets"}));
  EXPECT_EQ(training.dependencies.size(), 2U);
  EXPECT_FALSE(training.summary);
}

TEST(TrainingRecord, HasNoSecrets) {
  TrainingRecord it = record();
  it.report.hyperparameters = {{"note", kSecret}, {kSecret, 1}};
  it.report.inputs = {{"dataset", "train", "", std::string("https://a.example/?token=") + kSecret, ""}};
  it.repository = std::string("https://host.example/") + kSecret;
  it.config = std::string(kSecret) + ".yaml";
  it.report.runtime = kSecret;
  const TrainingStatement made = statement(it);
  EXPECT_EQ(write_provenance(made.provenance).find(kSecret), std::string::npos);
  EXPECT_EQ(read_back(made).parameters.entry_point,
            (std::vector<std::string>{"python", "train.py", "--api-key", "[redacted]", "--note=[redacted]"}));
}

TEST(TrainingRecord, LetsGivenHyperparametersWin) {
  TrainingRecord it = record();
  it.report.hyperparameters = {{"lr", "0.2"}, {"seed", 7}};
  const TrainingStatement made = statement(it);
  EXPECT_EQ(read_back(made).parameters.hyperparameters, (JsonObject{{"lr", "0.1"}, {"seed", 7}}));
  EXPECT_EQ(made.warnings.size(), 1U);
}

TEST(TrainingRecord, AddsInputsThatOnlyTheCommandTellsOf) {
  TrainingRecord it = record();
  it.report.inputs = {{"dataset", "train", "", "", "/data/mix/part-1"},
                      {"model", "", "finetune", "hf://acme/base", ""},
                      {"dataset", "eval", "", "hf://datasets/acme/other", ""}};
  const Training training = read_back(statement(it));
  ASSERT_EQ(training.dependencies.size(), 3U);
  EXPECT_EQ(training.dependencies[2].evidence, kEvidenceSelfReported);
  EXPECT_EQ(training.dependencies[2].role, "eval");
}

TEST(TrainingRecord, TakesDriversFromTheKernel) {
  TrainingRecord it = record();
  it.machine.accelerators = {{"H100", 8, "575"}};
  EXPECT_EQ(read_back(statement(it)).conditions.accelerators, it.machine.accelerators);
  it.report.accelerators = {{"H100", 2, "1"}};
  EXPECT_EQ(read_back(statement(it)).conditions.accelerators, (std::vector<Accelerators>{{"H100", 2, "575"}}));
}

TEST(TrainingRecord, IsNotCompleteWithAFileThatCannotBeRead) {
  TrainingRecord it = record();
  it.confinement.complete = true;
  it.confinement.incomplete = it.confinement.limits = {};
  EXPECT_TRUE(read_back(statement(it)).conditions.complete);
  Dependency gone;
  gone.resource.name = "/gone";
  it.opened.dependencies = {gone};
  EXPECT_FALSE(read_back(statement(it)).conditions.complete);
}

TEST(TrainingRecord, NamesAnImageByItsDigest) {
  const Dependency image = image_dependency("docker.io/pytorch/pytorch@sha256:" + kHex).value();
  EXPECT_EQ(image.resource.digest("sha256"), kHex);
  EXPECT_EQ(image.facts.kind, "container");
  EXPECT_EQ(image.facts.evidence, kEvidenceDeclared);
  for (const char* text : {"pytorch/pytorch:2.8", "", "a@sha256:12", "a@md5:12"})
    EXPECT_EQ(image_dependency(text).error().code, ErrorCode::kTrainingInput) << text;
  EXPECT_EQ(image_dependency("@sha256:" + kHex).error().code, ErrorCode::kTrainingInput);
}

}  // namespace
}  // namespace weightmark
