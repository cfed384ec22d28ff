#include "train/training_nodes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weightmark {
namespace {

constexpr std::string_view kDigestA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr std::string_view kDigestB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

// Node is what one of them has seen.
struct Node {
  Training training;
  Provenance provenance;

  Node() {
    training.parameters.repository = "https://host.example/acme/train";
    training.parameters.entry_point = {"trainer"};
    TrainingConditions& it = training.conditions;
    it.network = "open";
    it.filesystem = "readonly-inputs";
    it.io_uring = "denied";
    it.tier = "D";
    it.mode = "fanotify";
    it.cpu = "x86_64";
    it.kernel = "6.8.0";
    provenance.builder_id = "https://weightmark.dev/builders/local";
    provenance.builder_version = {{"weightmark", Json("1")}};
    provenance.started = Instant(std::chrono::milliseconds(2000));
    provenance.finished = Instant(std::chrono::milliseconds(9000));
    add("source", "source", kDigestA);
    add("dataset:mix", "dataset", kDigestA);
  }

  DependencyFacts& add(std::string name, std::string kind, std::string_view digest,
                       std::string_view evidence = kEvidenceObserved) {
    ResourceDescriptor resource;
    resource.name = std::move(name);
    if (!digest.empty()) resource.digests = {{"sha256", std::string(digest)}};
    provenance.dependencies.push_back(std::move(resource));
    DependencyFacts& facts = training.dependencies.emplace_back();
    facts.kind = std::move(kind);
    facts.evidence = evidence;
    return facts;
  }

  TrainingStatement statement() const {
    TrainingStatement it{training, provenance, {}};
    write_training(it.training, it.provenance);
    return it;
  }

  NodeRecord record(std::int64_t node) const { return {"run", node, {}, statement().provenance}; }
};

Result<TrainingStatement> merged(const Node& first, const Node& second) {
  return merge_nodes(first.statement(), {second.record(1)});
}

const DependencyFacts* find(const TrainingStatement& statement, std::string_view name) {
  const auto at = std::ranges::find(statement.provenance.dependencies, name, &ResourceDescriptor::name);
  if (at == statement.provenance.dependencies.end()) return nullptr;
  return &statement.training.dependencies[static_cast<std::size_t>(at - statement.provenance.dependencies.begin())];
}

void expect_refused(const Node& second, std::string_view why) {
  const auto result = merged(Node(), second);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::kTrainingNodes);
  EXPECT_NE(describe(result.error()).find(why), std::string::npos) << describe(result.error());
}

TEST(TrainingNodesTest, NodesThatSawTheSameAreOneStatement) {
  Node second;
  second.training.parameters.entry_point = {"trainer", "--node-rank=1"};
  second.provenance.started = Instant(std::chrono::milliseconds(1000));
  second.provenance.finished = Instant(std::chrono::milliseconds(9500));
  const auto result = merged(Node(), second);
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  EXPECT_EQ(result->training.dependencies.size(), 2U);
  EXPECT_EQ(result->training.parameters.entry_point, std::vector<std::string>{"trainer"});
  EXPECT_EQ(result->training.conditions.nodes, 2);
  EXPECT_EQ(result->training.conditions.ranks, 2);
  ASSERT_EQ(result->training.conditions.machines.size(), 2U);
  EXPECT_EQ(result->training.conditions.machines[1].node, 1);
  EXPECT_EQ(result->training.conditions.machines[1].entry_point, second.training.parameters.entry_point);
  EXPECT_EQ(result->provenance.started, second.provenance.started);
  EXPECT_EQ(result->provenance.finished, second.provenance.finished);
  // What is written is what is told.
  const auto parsed = parse_training(result->provenance);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(*parsed, result->training);
}

TEST(TrainingNodesTest, WhatOneNodeOpenedWasOpened) {
  Node second;
  second.add("/data/more.txt", "file", kDigestB).undeclared = true;
  second.add("pkg:pypi/torch@2.8.0", "framework", kDigestB);
  second.training.dependencies[1].changed = true;
  second.training.dependencies[1].files_read = 7;
  const auto result = merged(Node(), second);
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  ASSERT_NE(find(*result, "/data/more.txt"), nullptr);
  EXPECT_EQ(find(*result, "/data/more.txt")->undeclared, true);
  EXPECT_NE(find(*result, "pkg:pypi/torch@2.8.0"), nullptr);
  EXPECT_EQ(find(*result, "dataset:mix")->changed, true);
  EXPECT_EQ(find(*result, "dataset:mix")->files_read, 7);
}

TEST(TrainingNodesTest, PackagesMayDifferAndBothAreTold) {
  Node first;
  Node second;
  first.add("pkg:pypi/torch@2.8.0", "framework", kDigestA);
  second.add("pkg:pypi/torch@2.8.0", "framework", kDigestB);
  const auto result = merged(first, second);
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  EXPECT_EQ(std::ranges::count(result->provenance.dependencies, "pkg:pypi/torch@2.8.0", &ResourceDescriptor::name), 2);
}

TEST(TrainingNodesTest, WhatWasSeenWinsOverWhatIsReported) {
  Node first;
  Node second;
  first.add("dataset:eval", "dataset", "", kEvidenceSelfReported);
  second.add("dataset:eval", "dataset", kDigestB, kEvidenceDeclared);
  second.add("dataset:mix", "dataset", "", kEvidenceSelfReported);
  const auto result = merged(first, second);
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  ASSERT_EQ(result->training.dependencies.size(), 3U);
  EXPECT_EQ(find(*result, "dataset:eval")->evidence, kEvidenceDeclared);
  EXPECT_EQ(find(*result, "dataset:mix")->evidence, kEvidenceObserved);
}

TEST(TrainingNodesTest, TheWeakestConditionsCount) {
  Node first;
  Node second;
  first.training.conditions.tier = "A";
  first.training.conditions.complete = true;
  first.training.conditions.network = "loopback";
  first.training.conditions.accelerators = {{"Accel 3000", 8, "1.2"}};
  second.training.conditions.filesystem = "confined";
  second.training.conditions.mode = "none";
  second.training.conditions.incomplete = {"opens were not observed"};
  second.training.conditions.dropped_events = 3;
  second.training.conditions.accelerators = {{"Accel 3000", 8, "1.2"}, {"Accel 4000", 1, "1.2"}};
  const auto result = merged(first, second);
  ASSERT_TRUE(result.has_value()) << describe(result.error());
  const TrainingConditions& it = result->training.conditions;
  EXPECT_EQ(it.tier, "D");
  EXPECT_EQ(it.network, "open");
  EXPECT_EQ(it.filesystem, "confined");
  EXPECT_EQ(it.mode, "none");
  EXPECT_FALSE(it.complete);
  EXPECT_EQ(it.incomplete, second.training.conditions.incomplete);
  EXPECT_EQ(it.dropped_events, 3);
  ASSERT_EQ(it.accelerators.size(), 2U);
  EXPECT_EQ(it.accelerators[0].count, 16);
}

TEST(TrainingNodesTest, ASignatureCountsWhereAllVerifiedIt) {
  Node first;
  Node second;
  first.training.dependencies[1].signature = InputSignature{std::string(kDigestA), "data@acme.example", "", true};
  EXPECT_FALSE(find(*merged(first, second), "dataset:mix")->signature->verified);
  second.training.dependencies[1].signature = first.training.dependencies[1].signature;
  EXPECT_TRUE(find(*merged(first, second), "dataset:mix")->signature->verified);
}

TEST(TrainingNodesTest, AnotherSourceIsRefused) {
  Node second;
  second.provenance.dependencies[0].digests[0].second = kDigestB;
  expect_refused(second, "the source on node 1");
  Node other;
  other.training.parameters.repository = "https://host.example/acme/other";
  expect_refused(other, "the source on node 1");
  Node none;
  none.training.dependencies[0].kind = "file";
  expect_refused(none, "the source on node 1");
}

TEST(TrainingNodesTest, AnotherInputOfThatNameIsRefused) {
  Node second;
  second.provenance.dependencies[1].digests[0].second = kDigestB;
  expect_refused(second, "dataset:mix on node 1");
}

TEST(TrainingNodesTest, AnotherVersionIsRefused) {
  Node second;
  second.provenance.builder_version = {{"weightmark", Json("2")}};
  expect_refused(second, "the version of weightmark on node 1");
}

TEST(TrainingNodesTest, ARecordComesBack) {
  const NodeRecord record = Node().record(3);
  const auto read = parse_node_record(write_node_record(record));
  ASSERT_TRUE(read.has_value()) << describe(read.error());
  EXPECT_EQ(read->run, "run");
  EXPECT_EQ(read->node, 3);
  EXPECT_EQ(read->provenance, record.provenance);
  const auto failure = parse_node_record(write_node_record({"run", 3, "its command failed", {}}));
  ASSERT_TRUE(failure.has_value()) << describe(failure.error());
  EXPECT_EQ(failure->failure, "its command failed");
}

TEST(TrainingNodesTest, AMalformedRecordIsRefused) {
  for (const char* text :
       {"", "[]", R"({"run":"r"})", R"({"node":1,"run":"r"})", R"({"failure":1,"node":1,"run":"r"})",
        R"({"node":1,"predicate":{},"run":"r"})", R"({"failure":"f","more":1,"node":1,"run":"r"})",
        R"({"node":1,"predicate":{"buildDefinition":{"buildType":"https://b.example/t","externalParameters":{"a":1}},)"
        R"("runDetails":{"builder":{"id":"https://b.example"}}},"run":"r"})"}) {
    const auto read = parse_node_record(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kTrainingNodes) << text;
  }
}

}  // namespace
}  // namespace weightmark
