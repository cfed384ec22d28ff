#include "cli/card_check.h"

#include <gtest/gtest.h>

namespace weightmark::cli {
namespace {

using Texts = std::vector<std::string>;

ReadProvenance provenance() {
  ReadProvenance read;
  const auto add = [&](std::string name, std::string uri, std::string kind, std::string role, std::string relation) {
    DependencyFacts facts;
    facts.kind = std::move(kind);
    facts.role = std::move(role);
    facts.relation = std::move(relation);
    read.facts.push_back(std::move(facts));
    read.provenance.dependencies.push_back({std::move(name), std::move(uri), {}, "", "", {}});
  };
  add("base-model:base", "pkg:huggingface/Acme/Base@2", "model", "", "quantize");
  add("checkpoint", "file:///checkpoint", "model", "", "resume");
  add("dataset:mix", "hf://datasets/acme/mix@1", "dataset", "train", "");
  add("dataset:local", "file:///data/local", "dataset", "", "");
  add("dataset:held-out", "hf://datasets/acme/held-out@1", "dataset", "eval", "");
  add("torch", "pkg:pypi/torch@2.8.0", "framework", "", "");
  return read;
}

ModelCard card() {
  ModelCard it;
  it.base_models = {"acme/base"};
  it.base_model_relation = "quantized";
  it.datasets = {"acme/mix", "acme/local"};
  return it;
}

TEST(CardCheck, AgreesWithWhatIsTrue) {
  EXPECT_EQ(compare_card(card(), provenance()), std::vector<CardMismatch>{});
  ModelCard more = card();
  more.datasets.emplace_back("acme/held-out");  // may be named, need not
  EXPECT_EQ(compare_card(more, provenance()), std::vector<CardMismatch>{});
}

TEST(CardCheck, NamesWhatDiffers) {
  ModelCard wrong = card();
  wrong.base_models = {"evil/base"};
  wrong.base_model_relation = "merge";
  wrong.datasets = {"acme/mix"};
  EXPECT_EQ(
      compare_card(wrong, provenance()),
      (std::vector<CardMismatch>{
          {"base_model", "the card names evil/base, which provenance does not have"},
          {"base_model", "provenance has base-model:base, pkg:huggingface/Acme/Base@2, which the card does not name"},
          {"base_model_relation", "the card says merge, provenance quantized"},
          {"datasets", "provenance has dataset:local, file:///data/local, which the card does not name"}}));
  EXPECT_EQ(compare_card({}, provenance()).size(), 3U);
}

TEST(CardCheck, TakesFromProvenanceWhatTheHubHas) {
  const FromProvenance taken = changes_from(provenance());
  EXPECT_EQ(taken.changes.base_models, Texts{"Acme/Base"});
  EXPECT_EQ(taken.changes.base_model_relation, "quantized");
  EXPECT_EQ(taken.changes.datasets, Texts{"acme/mix"});
  EXPECT_EQ(taken.left_out, Texts{"dataset:local"});
  EXPECT_FALSE(taken.changes.license);
}

TEST(CardCheck, SaysNoRelationWhereThereAreSeveral) {
  ReadProvenance read = provenance();
  read.provenance.dependencies.push_back({"other", "hf://acme/other", {}, "", "", {}});
  DependencyFacts facts;
  facts.kind = "model";
  facts.relation = "merge";
  read.facts.push_back(facts);
  EXPECT_FALSE(changes_from(read).changes.base_model_relation);
}

}  // namespace
}  // namespace weightmark::cli
