#include "attest/training.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weightmark {
namespace {

const std::string kHex(64, 'a');

TrainingParameters parameters() {
  return {"https://github.com/acme/tinylm",
          "refs/tags/v1.4.0",
          {"python", "train.py"},
          "configs/sft.yaml",
          {{"learning_rate", Json("2e-5")}, {"nesterov", Json(true)}, {"seed", Json(std::int64_t{7})}},
          {"hf://datasets/acme/mix@main"},
          {"hf://acme/base@main"},
          {{"HF_HUB_OFFLINE", "1"}}};
}

TrainingConditions conditions() {
  TrainingConditions it;
  it.network = "denied";
  it.filesystem = "readonly-inputs";
  it.io_uring = "denied";
  it.seccomp_sha256 = kHex;
  it.tier = "A";
  it.mode = "fanotify";
  it.complete = false;
  it.incomplete = {"standard input was not declared"};
  it.cpu = "x86_64";
  it.kernel = "6.8.0";
  it.accelerators = {{"NVIDIA H100", 8, "575.57"}};
  it.runtime = "cuda 12.8";
  it.ranks = 8;
  return it;
}

DependencyFacts dataset() {
  DependencyFacts it;
  it.kind = "dataset";
  it.role = "train";
  it.evidence = kEvidenceObserved;
  it.digest_kind = "oms-root";
  it.license = "CC-BY-4.0";
  it.files = 3;
  it.files_read = 2;
  it.merkle = MerkleRoot{kHex, 3};
  it.signature = InputSignature{kHex, "release@acme.example", "https://accounts.google.com", true};
  it.croissant_sha256 = kHex;
  it.changed = false;
  return it;
}

TrainingSummary summary() {
  TrainingSummary it;
  it.steps_planned = 100;
  it.steps_completed = 100;
  it.epochs_completed = "2.0";
  it.tokens_seen = 12'240'000'000;
  it.final_train_loss = "nan";
  it.loss_curve = {"3.5", "1.25"};
  it.evaluation = {{"accuracy", "0.9"}};
  it.stop_reason = "max_steps";
  return it;
}

Training full() { return {parameters(), conditions(), {dataset(), {}}, summary()}; }

Provenance provenance_of(const Training& training) {
  Provenance it;
  it.builder_id = "b";
  it.dependencies = {{"data", "hf://datasets/a/b@1", {}, "", "", {}},
                     {"torch", "pkg:pypi/torch@2.8.0", {}, "", "", {}}};
  write_training(training, it);
  return it;
}

// code_of changes what was written of full().
std::string code_of(const std::function<void(Provenance&)>& change) {
  Provenance it = provenance_of(full());
  change(it);
  const auto training = parse_training(it);
  return training ? "" : std::string(code_name(training.error().code));
}

void set(JsonObject& object, std::string_view key, Json value) {
  for (auto& [name, old] : object)
    if (name == key) {
      old = std::move(value);
      return;
    }
  object.emplace_back(key, std::move(value));
}

TEST(Training, IsReadAsWritten) {
  const Provenance written = provenance_of(full());
  EXPECT_EQ(written.build_type, kTrainingBuildType);
  auto document = JsonDocument::parse(write_provenance(written));
  ASSERT_TRUE(document);
  const auto provenance = parse_provenance(kProvenanceV1, document->root(ErrorCode::kPredicateMalformed));
  ASSERT_TRUE(provenance) << describe(provenance.error());
  EXPECT_EQ(*provenance, written);
  const auto training = parse_training(*provenance);
  ASSERT_TRUE(training) << describe(training.error());
  EXPECT_EQ(*training, full());
}

TEST(Training, NamesAnnotationsAsSlsaDemands) {
  const Provenance written = provenance_of(full());
  for (const ResourceDescriptor& resource : written.dependencies)
    for (const auto& [key, value] : resource.annotations) EXPECT_TRUE(key.starts_with("weightmark_")) << key;
  ASSERT_EQ(written.byproducts.size(), 1U);
  EXPECT_EQ(*written.byproducts[0].annotation("weightmark_evidence"), Json("self-reported"));
  EXPECT_EQ(*written.byproducts[0].annotation("weightmark_finalTrainLoss"), Json("nan"));
}

TEST(Training, PassesOverWhatOthersAnnotate) {
  EXPECT_EQ(code_of([](Provenance& it) { set(it.dependencies[1].annotations, "other_kind", Json(7)); }), "");
  EXPECT_EQ(code_of([](Provenance& it) { set(it.internal_parameters, "new", Json(7)); }), "");
}

TEST(Training, RefusesUnknownParameters) {
  EXPECT_EQ(code_of([](Provenance& it) { set(it.external_parameters, "post-process", Json("rm")); }),
            "provenance-parameter");
  EXPECT_EQ(
      code_of([](Provenance& it) { set(it.external_parameters, "source", Json::of("repository", "r", "patch", "p")); }),
      "provenance-parameter");
}

TEST(Training, RefusesWrongTypes) {
  const auto external = [](std::string_view key, Json value) {
    return code_of([&](Provenance& it) { set(it.external_parameters, key, value); });
  };
  EXPECT_EQ(external("entryPoint", Json("python train.py")), "provenance-malformed");
  EXPECT_EQ(external("entryPoint", Json(JsonArray{})), "provenance-malformed");
  EXPECT_EQ(external("hyperparameters", Json::of("layers", JsonArray{})), "provenance-malformed");
  EXPECT_EQ(external("hyperparameters", Json::of("rate", Json(0.1))), "provenance-malformed");
  EXPECT_EQ(external("environment", Json::of("A", 1)), "provenance-malformed");
  const auto internal = [](std::string_view key, Json value) {
    return code_of([&](Provenance& it) { set(it.internal_parameters, key, value); });
  };
  EXPECT_EQ(internal("isolation", Json::of("network", "none")), "provenance-malformed");
  EXPECT_EQ(internal("isolation", Json::of("seccompProfileSha256", "AA")), "provenance-malformed");
  EXPECT_EQ(internal("capture", Json::of("complete", "yes")), "provenance-malformed");
  EXPECT_EQ(internal("world", Json::of("ranks", -1)), "provenance-malformed");
}

TEST(Training, RefusesWrongAnnotations) {
  const auto fact = [](std::string_view key, Json value) {
    return code_of([&](Provenance& it) { set(it.dependencies[0].annotations, key, value); });
  };
  EXPECT_EQ(fact("weightmark_kind", Json("weights")), "provenance-malformed");
  EXPECT_EQ(fact("weightmark_files", Json("3")), "provenance-malformed");
  EXPECT_EQ(fact("weightmark_merkle", Json::of("alg", "md5", "root", kHex)), "provenance-malformed");
  EXPECT_EQ(fact("weightmark_signature", Json("acme")), "provenance-malformed");
  const auto number = [](std::string_view key, Json value) {
    return code_of([&](Provenance& it) { set(it.byproducts[0].annotations, key, value); });
  };
  EXPECT_EQ(number("weightmark_stepsCompleted", Json(1.5)), "provenance-malformed");
  EXPECT_EQ(number("weightmark_finalTrainLoss", Json("low")), "provenance-malformed");
  EXPECT_EQ(number("weightmark_finalTrainLoss", Json(1)), "provenance-malformed");
  EXPECT_EQ(number("weightmark_stopReason", Json("done")), "provenance-malformed");
  EXPECT_EQ(number("weightmark_lossCurve", Json(JsonArray(65, Json("1")))), "provenance-malformed");
}

TEST(Decimal, ReadsTheWholeText) {
  EXPECT_EQ(decimal("1.5e-3"), 1.5e-3);
  EXPECT_TRUE(std::isnan(decimal("nan").value()));
  EXPECT_TRUE(std::isinf(decimal("-inf").value()));
  for (const std::string_view text : {"", "1.5x", " 1", "1,5", "1e999"}) EXPECT_FALSE(decimal(text)) << text;
}

}  // namespace
}  // namespace weightmark
