// Every rule in all three answers.
#include "verify/judgement.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "verify/bundle_testing.h"
#include "verify/judgement_rules.h"

namespace weightmark {
namespace {

using ::testing::HasSubstr;
using namespace testing;

const std::string kHexA(64, 'a');
const std::string kHexB(64, 'b');
const std::string kCommit(40, 'c');
const Time kStarted{std::chrono::seconds(1'800'000'000)};

// World is a training that holds everything that is demanded of it, to be changed.
struct World {
  MadeModel made;
  std::optional<MadeModel> previous;
  std::vector<DeniedDigest> denied;

  TrainingSummary& summary() { return *made.training->summary; }
  TrainingConditions& conditions() { return made.training->conditions; }
  ResourceDescriptor& resource(std::size_t i) { return made.provenance.dependencies.at(i); }
  DependencyFacts& facts(std::size_t i) { return made.inputs.at(i); }
  void foreign() {
    made.training.reset();
    for (DependencyFacts& one : made.inputs) one = {};
  }
};

enum At : std::size_t { kSource, kTrain, kEval, kBase, kTorch };

DependencyFacts facts_of(const std::string& kind) {
  DependencyFacts it;
  it.kind = kind;
  it.evidence = kEvidenceObserved;
  return it;
}

void add(MadeModel& made, ResourceDescriptor resource, DependencyFacts facts) {
  made.provenance.dependencies.push_back(std::move(resource));
  made.inputs.push_back(std::move(facts));
}

DependencyFacts content(const std::string& kind, const std::string& role) {
  DependencyFacts it = facts_of(kind);
  it.role = role;
  it.license = "CC-BY-4.0";
  it.files = 3;
  it.files_read = 2;
  it.signature = InputSignature{kHexA, "data@acme.example", "https://accounts.example", true};
  return it;
}

TrainingSummary summary() {
  TrainingSummary it;
  it.steps_planned = 100;
  it.steps_completed = 100;
  it.epochs_planned = "2.0";
  it.epochs_completed = "2.0";
  it.tokens_seen = 22'000'000'000;
  it.parameters = 1'100'000'000;
  it.final_eval_loss = "1.05";
  it.best_eval_loss = "1.0";
  it.nan_steps = 0;
  it.accelerator_seconds = 400'000;
  it.loss_curve = {"5", "4", "3", "2.5", "2.2", "2.1", "2.0", "1.9", "1.9"};
  it.evaluation = {{"accuracy", "0.9"}};
  it.stop_reason = "max_steps";
  return it;
}

World world() {
  World it;
  MadeModel& made = it.made;
  made.facts.builder_id = "https://github.com/acme/train/.github/workflows/train.yml@refs/tags/v1";
  made.facts.source = {"https://github.com/acme/tinylm", "refs/tags/v1", kCommit};
  made.facts.level = 2;
  made.facts.level_reason = "the platform says so";
  made.facts.rule = "github";
  made.facts.started = kStarted;
  made.facts.finished = kStarted + std::chrono::hours(20);
  made.signer.times = {{kStarted + std::chrono::hours(21), "a log"}};
  DependencyFacts source = facts_of("source");
  source.dirty = false;
  add(made, {"source", "git+https://github.com/acme/tinylm@refs/tags/v1", {{"gitCommit", kCommit}}, "", "", {}},
      source);
  add(made, {"mix", "hf://datasets/acme/mix@" + kCommit, {{"sha256", kHexA}}, "", "", {}}, content("dataset", "train"));
  add(made, {"held", "hf://datasets/acme/held@" + kCommit, {{"sha256", kHexB}}, "", "", {}},
      content("dataset", "eval"));
  add(made, {"base", "pkg:huggingface/acme/base@" + kCommit, {{"sha256", std::string(64, 'd')}}, "", "", {}},
      content("model", ""));
  DependencyFacts torch = facts_of("framework");
  torch.loaded = true;
  add(made, {"torch", "pkg:pypi/torch@2.8.0%2Bcu128", {{"sha256", std::string(64, 'e')}}, "", "", {}}, torch);
  // Neither signed nor licensed nor at any URI, and no content: no rule minds it.
  add(made, {"system", "", {{"sha256", std::string(64, 'f')}}, "", "", {}}, facts_of("environment"));
  made.training.emplace();
  made.training->summary = summary();
  TrainingConditions& conditions = made.training->conditions;
  conditions.network = "denied";
  conditions.mode = "fanotify";
  conditions.complete = true;
  conditions.accelerators = {{"NVIDIA H100 80GB HBM3", 8, ""}};
  it.previous = made;
  return it;
}

ProvenancePolicy policy_of(const std::string& provenance) {
  const std::string text = fmt::format(
      "schema: weightmark.policy.v1\npublishers:\n  acme:\n    models: [x]\n    signers:\n      a: {{key: a}}\n"
      "    provenance: {}\n",
      provenance);
  const auto policy =
      Policy::parse(text, [](const std::string&) -> Result<std::string> { return a_key().public_key().pem(); });
  EXPECT_TRUE(policy) << provenance << describe(policy.error());
  return *policy->impl().publishers.front().provenance;
}

using Change = std::function<void(World&)>;

struct Row {
  std::string policy;  // what one rule demands
  std::string rule;
  Change fails;           // makes it not hold
  std::string why_fails;  // a part of what is found
  Change unknown;         // makes it impossible to tell
  std::string why_unknown;
};

void incomplete(World& it) { it.conditions().complete = false; }
void no_summary(World& it) { it.made.training->summary.reset(); }
void foreign(World& it) { it.foreign(); }
void nothing_listed(World& it) {
  it.foreign();
  it.made.inputs.clear();
  it.made.provenance.dependencies.clear();
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"{sources: ['https://github.com/acme/tinylm']}", "sources",
       [](World& it) { it.made.facts.source.uri = "https://github.com/eve/tinylm"; }, "another source",
       [](World& it) { it.made.facts.source = {}; }, "not said from which source"},
      {"{sources: ['https://github.com/acme/tinylm@refs/tags/*']}", "sources",
       [](World& it) { it.made.facts.source.ref = "refs/heads/x"; }, "another source",
       [](World& it) { it.made.facts.source.ref = ""; }, "which branch or tag"},
      {"{dirty-source: forbidden}", "dirty-source", [](World& it) { it.facts(kSource).dirty = true; },
       "differed from its commit", [](World& it) { it.facts(kSource).dirty.reset(); }, "not said whether the source"},
      {"{dirty-source: forbidden}", "dirty-source", [](World& it) { it.facts(kSource).dirty = true; },
       "differed from its commit", [](World& it) { it.facts(kSource).kind = "package"; }, "no source is listed"},
      {"{builders: ['https://github.com/acme/train/**']}", "builders",
       [](World& it) { it.made.facts.builder_id = "https://github.com/eve/train/x"; }, "another builder",
       [](World& it) { it.made.facts.builder_id = ""; }, "not said on which builder"},
      {"{level: 2}", "level", [](World& it) { it.made.facts.level = 1; }, "2 is demanded",
       [](World& it) {
         it.made.facts.level = 0;
         it.made.facts.rule = "";
       },
       "no rule says"},
      {"{signed-within-hours: 2}", "signed-within-hours",
       [](World& it) { it.made.signer.times[0].time += std::chrono::hours(2); }, "long after",
       [](World& it) { it.made.signer.times.clear(); }, "nobody attests"},
      {"{signed-within-hours: 2}", "signed-within-hours",
       [](World& it) { it.made.signer.times[0].time += std::chrono::hours(2); }, "long after",
       [](World& it) { it.made.facts.finished.reset(); }, "not said when"},
      {"{network: denied}", "network", [](World& it) { it.conditions().network = "open"; }, "had a network", foreign,
       "not said whether the command"},
      {"{complete: required}", "complete",
       [](World& it) {
         incomplete(it);
         it.conditions().incomplete = {"standard input was not declared"};
       },
       "standard input", foreign, "not said whether all"},
      {"{undeclared: forbidden}", "undeclared", [](World& it) { it.facts(kTrain).undeclared = true; },
       "had not been declared", [](World& it) { it.conditions().mode = "none"; }, "nobody saw"},
      {"{undeclared: forbidden}", "undeclared", [](World& it) { it.facts(kTrain).undeclared = true; },
       "had not been declared", incomplete, "not all that was read"},
      {"{datasets: {required: ['hf://datasets/acme/mix']}}", "datasets.required",
       [](World& it) { it.resource(kTrain).uri = "hf://datasets/acme/other"; }, "did not go in",
       [](World& it) {
         it.resource(kTrain).uri = "hf://datasets/acme/other";
         incomplete(it);
       },
       "not said whether it went in"},
      {"{datasets: {required: ['sha256:" + kHexA + "']}}", "datasets.required",
       [](World& it) { it.facts(kTrain).kind = "model"; }, "did not go in",
       [](World& it) { it.resource(kTrain).digests.clear(); }, "not said whether it went in"},
      {"{datasets: {allowed: ['hf://datasets/acme/*']}}", "datasets.allowed",
       [](World& it) { it.resource(kEval).uri = "hf://datasets/eve/held"; }, "none of those", incomplete,
       "not all inputs"},
      {"{datasets: {allowed: ['hf://datasets/acme/*']}}", "datasets.allowed",
       [](World& it) { it.resource(kEval).uri = "hf://datasets/eve/held"; }, "none of those",
       [](World& it) { it.resource(kEval).uri = ""; }, "not said whether it is one"},
      {"{datasets: {forbidden: ['sha256:" + std::string(64, '1') + "']}}", "datasets.forbidden",
       [](World& it) { it.resource(kTorch).digests = {{"sha256", std::string(64, '1')}}; }, "is forbidden",
       [](World& it) { it.resource(kTrain).digests = {{"gitCommit", kCommit}}; }, "not said whether it is sha256"},
      {"{datasets: {forbidden: ['merkle:" + std::string(64, '1') + "', 'hf://datasets/eve/**']}}", "datasets.forbidden",
       [](World& it) {
         for (const auto at : {kTrain, kEval}) it.facts(at).merkle = MerkleRoot{std::string(64, '1'), 1};
       },
       "is forbidden", [](World& it) { it.facts(kTrain).merkle.reset(); }, "not said whether it is merkle"},
      {"{datasets: {forbidden: ['hf://datasets/eve/**']}}", "datasets.forbidden",
       [](World& it) { it.resource(kTrain).download_location = "hf://datasets/eve/mix"; }, "is forbidden", incomplete,
       "not all inputs"},
      {"{base-models: {allowed: ['pkg:huggingface/acme/*']}}", "base-models.allowed",
       [](World& it) { it.resource(kBase).uri = "pkg:huggingface/eve/base"; }, "none of those", foreign,
       "not said whether it is one"},
      {"{base-models: {required: ['pkg:huggingface/acme/base']}}", "base-models.required",
       [](World& it) { it.resource(kBase).uri = "pkg:huggingface/eve/base"; }, "did not go in", nothing_listed,
       "not said whether it went in"},
      {"{base-models: {forbidden: ['pkg:huggingface/eve/*']}}", "base-models.forbidden",
       [](World& it) { it.resource(kBase).uri = "pkg:huggingface/eve/base"; }, "is forbidden",
       [](World& it) { it.resource(kBase).uri = ""; }, "not said whether it is pkg"},
      {"{synthetic-data: {forbidden: ['pkg:huggingface/acme/*']}}", "synthetic-data.forbidden",
       [](World& it) { it.facts(kBase).role = "synthetic-source"; }, "is forbidden", incomplete, "not all inputs"},
      {"{licenses: {allowed: ['CC-*']}}", "licenses", [](World& it) { it.facts(kTrain).license = "GPL-3.0-only"; },
       "not allowed", [](World& it) { it.facts(kTrain).license = ""; }, "its licence is not said"},
      {"{licenses: {forbidden: [cc-by-nc-4.0]}}", "licenses",
       [](World& it) { it.facts(kBase).license = "MIT AND CC-BY-NC-4.0"; }, "not allowed",
       [](World& it) { it.facts(kBase).license = "see the card"; }, "no licence expression"},
      {"{licenses: {forbidden: [cc-by-nc-4.0]}}", "licenses",
       [](World& it) { it.facts(kBase).license = "CC-BY-NC-4.0"; }, "not allowed", incomplete, "not all inputs"},
      {"{frameworks: {forbidden: ['torch<2.6', 'pkg:pypi/other']}}", "frameworks.forbidden",
       [](World& it) { it.resource(kTorch).uri = "pkg:pypi/Torch@2.5.1%2Bcu121"; }, "forbidden, by torch<2.6",
       [](World& it) { it.resource(kTorch).uri = "pkg:pypi/torch"; }, "its version is not said"},
      {"{frameworks: {forbidden: ['torch<2.6']}}", "frameworks.forbidden",
       [](World& it) { it.resource(kTorch).uri = "pkg:pypi/torch@2.6.0rc1"; }, "forbidden, by torch<2.6", incomplete,
       "not all inputs"},
      {"{frameworks: {forbidden: ['torch<2.6']}}", "frameworks.forbidden",
       [](World& it) {
         it.resource(kTorch).uri = "pkg:pypi/torch@2.5.1";
         it.facts(kTorch).loaded.reset();
       },
       "forbidden, by torch<2.6",
       [](World& it) {
         it.resource(kTorch).uri = "pkg:pypi/torch@2.5.1";
         it.facts(kTorch).loaded = false;
         it.facts(kTorch).evidence = kEvidenceSelfReported;
       },
       "nobody saw whether it was loaded"},
      {"{inputs: {digests: required}}", "inputs.digests", [](World& it) { it.resource(kTrain).digests.clear(); },
       "has no digest", [](World& it) { it.facts(kTrain).writable_by_others = true; }, "others could write it"},
      {"{inputs: {digests: required}}", "inputs.digests", [](World& it) { it.facts(kTrain).changed = true; }, "changed",
       nothing_listed, "no dataset or model is listed"},
      {"{inputs: {signatures: required}}", "inputs.signatures", [](World& it) { it.facts(kTrain).signature.reset(); },
       "is not signed", foreign, "not said whether it is signed"},
      {"{inputs: {signatures: required}}", "inputs.signatures",
       [](World& it) { it.facts(kTrain).signature->verified = false; }, "was not verified", nothing_listed,
       "no dataset or model is listed"},
      {"{inputs: {signer-changes: forbidden}}", "inputs.signer-changes",
       [](World& it) { it.facts(kTrain).signature->identity = "eve@acme.example"; }, "and is now by eve",
       [](World& it) { it.previous.reset(); }, "is not there to compare"},
      {"{inputs: {signer-changes: forbidden}}", "inputs.signer-changes",
       [](World& it) { it.facts(kTrain).signature.reset(); }, "is not signed now",
       [](World& it) { it.resource(kTrain).uri = ""; }, "no URI to compare"},
      {"{inputs: {signers: {'hf://datasets/acme/*': [{identity: data@acme.example, provider: "
       "'https://accounts.example'}]}}}",
       "inputs.signers", [](World& it) { it.facts(kTrain).signature->issuer = "https://evil.example"; },
       "whom its URI does not stand for", foreign, "not said who signed"},
      {"{inputs: {signers: {'hf://datasets/acme/*': [{identity-pattern: '.*@acme\\.example', provider: "
       "'https://accounts.example'}]}}}",
       "inputs.signers", [](World& it) { it.facts(kTrain).signature.reset(); }, "is not signed by whom",
       [](World& it) { it.resource(kTrain).uri = ""; }, "not said whether it is hf"},
      {"{inputs: {signers: {'pkg:huggingface/acme/*': [{key: '" + kHexA +
           "'}, {identity: data@acme.example, provider: 'https://accounts.example'}]}}}",
       "inputs.signers", [](World& it) { it.facts(kBase).signature = InputSignature{kHexA, kHexB, "", true}; },
       "the key bbb", nothing_listed, "no dataset or model is listed"},
      {"{inputs: {uris: immutable}}", "inputs.uris",
       [](World& it) { it.resource(kTrain).uri = "hf://datasets/acme/mix@main"; }, "can change",
       [](World& it) { it.resource(kTrain).uri = "data/mix"; }, "no URI that names it"},
      {"{inputs: {uris: immutable}}", "inputs.uris", [](World& it) { it.resource(kTrain).uri = "s3://bucket/mix"; },
       "can change", [](World& it) { it.resource(kTrain).uri = "file:///data"; }, "no URI that names it"},
      {"{inputs: {files-read: listed}}", "inputs.files-read", [](World& it) { it.facts(kTrain).files_read = 4; },
       "4 of its 3 files", [](World& it) { it.facts(kTrain).files_read.reset(); }, "not said how many"},
      {"{inputs: {evidence: observed}}", "inputs.evidence",
       [](World& it) { it.facts(kTrain).evidence = kEvidenceDeclared; }, "is declared",
       [](World& it) { it.facts(kTrain).evidence = ""; }, "not said how it is known"},
      {"{inputs: {code: pinned}}", "inputs.code", [](World& it) { it.resource(kTorch).digests.clear(); },
       "can bring code",
       [](World& it) {
         foreign(it);
         it.resource(kTrain).digests.clear();
       },
       "not said what it is"},
      {"{inputs: {code: pinned}}", "inputs.code",
       [](World& it) {
         it.resource(kTrain).digests.clear();
         it.resource(kTrain).name = "rows.pkl";
       },
       "can bring code", nothing_listed, "no dataset or model is listed"},
      {"{training: {completed: required}}", "training.completed", [](World& it) { it.summary().steps_completed = 97; },
       "97 of 100", [](World& it) { it.summary().steps_planned.reset(); }, "not said how many steps"},
      {"{training: {completed: required}}", "training.completed",
       [](World& it) { it.summary().stop_reason = "interrupted"; }, "interrupted",
       [](World& it) { it.summary().stop_reason = ""; }, "why it stopped"},
      {"{training: {completed: required}}", "training.completed", [](World& it) { it.summary().stop_reason = "error"; },
       "error", no_summary, "nothing is reported"},
      {"{training: {least-tokens-per-parameter: 20}}", "training.least-tokens-per-parameter",
       [](World& it) { it.summary().tokens_seen = 21'000'000'000; }, "of at least 20",
       [](World& it) { it.summary().parameters = 0; }, "not said how many tokens"},
      {"{training: {epochs: completed}}", "training.epochs", [](World& it) { it.summary().epochs_completed = "1.5"; },
       "1.5 of 2.0", [](World& it) { it.summary().epochs_planned = ""; }, "not said how many epochs"},
      {"{training: {epochs: completed}}", "training.epochs", [](World& it) { it.summary().epochs_completed = "0"; },
       "0 of 2.0", [](World& it) { it.summary().epochs_completed = "nan"; }, "not said how many epochs"},
      {"{training: {loss: settled}}", "training.loss", [](World& it) { it.summary().final_eval_loss = "1.11"; },
       "far above the best", [](World& it) { it.summary().best_eval_loss = ""; }, "are not said"},
      {"{training: {loss: settled}}", "training.loss", [](World& it) { it.summary().final_eval_loss = "nan"; },
       "the last loss is nan", [](World& it) { it.summary().nan_steps.reset(); }, "steps without a loss"},
      {"{training: {loss: settled}}", "training.loss", [](World& it) { it.summary().nan_steps = 1; },
       "1 steps had no loss", [](World& it) { it.summary().loss_curve = {"2", "1"}; }, "course of the loss"},
      {"{training: {loss: settled}}", "training.loss",
       [](World& it) { it.summary().loss_curve = {"5", "4", "3", "2", "2", "2.1"}; }, "rose at the end", foreign,
       "nothing is reported"},
      {"{training: {loss: settled}}", "training.loss",
       [](World& it) { it.summary().loss_curve = {"5", "nan", "3", "2", "2", "2"}; }, "no number", no_summary,
       "nothing is reported"},
      {"{training: {compute: plausible}}", "training.compute",
       [](World& it) { it.summary().accelerator_seconds = 100; }, "operations take",
       [](World& it) { it.summary().accelerator_seconds = 50'000; }, "whether each token uses all"},
      {"{training: {compute: plausible}}", "training.compute",
       [](World& it) { it.summary().accelerator_seconds = 700'000; }, "seconds of accelerators are said",
       [](World& it) { it.conditions().accelerators[0].model = "Abacus"; }, "not known how fast"},
      {"{training: {compute: plausible}}", "training.compute", [](World& it) { it.summary().accelerator_seconds = 1; },
       "operations take", [](World& it) { it.conditions().accelerators.clear(); }, "no accelerators are listed"},
      {"{training: {compute: plausible}}", "training.compute", [](World& it) { it.summary().accelerator_seconds = 1; },
       "operations take", [](World& it) { it.made.facts.started.reset(); }, "when it was started"},
      {"{training: {evaluation: required}}", "training.evaluation", [](World& it) { it.summary().evaluation.clear(); },
       "no evaluation", no_summary, "nothing is reported"},
      {"{training: {evaluation-data: separate}}", "training.evaluation-data",
       [](World& it) { it.resource(kEval).digests = it.resource(kTrain).digests; }, "is also trained on",
       [](World& it) { it.facts(kEval).role = ""; }, "no data is listed"},
      {"{training: {evaluation-data: separate}}", "training.evaluation-data",
       [](World& it) {
         for (const auto at : {kTrain, kEval}) it.facts(at).merkle = MerkleRoot{kHexA, 1};
       },
       "is also trained on", [](World& it) { it.resource(kTrain).digests.clear(); }, "no digest to compare"},
      {"{training: {evaluation-data: separate}}", "training.evaluation-data",
       [](World& it) {
         it.facts(kEval).role = "validation";
         it.resource(kEval).digests = it.resource(kTrain).digests;
       },
       "is also trained on", incomplete, "not all inputs"},
  };
  return all;
}

std::vector<Finding> judge(const std::string& policy, World& it) {
  const ProvenancePolicy parsed = policy_of(policy);
  return judge_made({it.made, parsed, it.denied, it.previous ? &*it.previous : nullptr});
}

std::string text_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& one : findings)
    text += fmt::format("{} {}: {} ({})\n", one.rule, answer_name(one.answer), one.what, one.about);
  return text;
}

void expect(const Row& row, const Change& change, Answer answer, const std::string& why) {
  World it = world();
  if (row.policy.find("merkle:") != std::string::npos)
    for (const auto at : {kTrain, kEval}) it.facts(at).merkle = MerkleRoot{kHexA, 1};
  if (change) change(it);
  const auto findings = judge(row.policy, it);
  EXPECT_EQ(overall(findings), answer) << row.policy << '\n' << text_of(findings);
  EXPECT_THAT(text_of(findings), HasSubstr(fmt::format("{} {}: ", row.rule, answer_name(answer)))) << row.policy;
  EXPECT_THAT(text_of(findings), HasSubstr(why)) << row.policy;
  for (const Finding& one : findings) EXPECT_EQ(one.rule, row.rule);
}

TEST(Judgement, HasEachRuleInAllThreeAnswers) {
  for (const Row& row : rows()) {
    expect(row, nullptr, Answer::kHolds, "");
    expect(row, row.fails, Answer::kDoesNotHold, row.why_fails);
    expect(row, row.unknown, Answer::kCannotTell, row.why_unknown);
  }
}

TEST(Judgement, LooksForInputsOnTheDenyList) {
  const auto result = [](const std::string& hex, const Change& change) {
    World it = world();
    it.denied = {{false, hex}};
    if (change) change(it);
    return overall(judge("{}", it));
  };
  EXPECT_EQ(result(std::string(64, '0'), nullptr), Answer::kHolds);
  EXPECT_EQ(result(kHexA, nullptr), Answer::kDoesNotHold);
  EXPECT_EQ(result(std::string(64, 'e'), nullptr), Answer::kDoesNotHold) << "a package";
  EXPECT_EQ(result(std::string(64, '0'), incomplete), Answer::kCannotTell);
  EXPECT_EQ(result(std::string(64, '0'), [](World& it) { it.resource(kTrain).digests.clear(); }), Answer::kCannotTell);
}

TEST(Judgement, TakesWhatIsListedForAllWhereThatIsAssumed) {
  World it = world();
  incomplete(it);
  EXPECT_EQ(overall(judge("{complete: assumed, datasets: {forbidden: ['hf://eve/**']}}", it)), Answer::kHolds);
  EXPECT_EQ(overall(judge("{complete: assumed, datasets: {forbidden: ['hf://datasets/acme/**']}}", it)),
            Answer::kDoesNotHold);
  EXPECT_EQ(overall(judge("{complete: required, datasets: {forbidden: ['hf://eve/**']}}", it)), Answer::kDoesNotHold);
}

TEST(Judgement, AcceptsWhatOtherwiseCannotBeTold) {
  World it = world();
  it.facts(kTorch).loaded = false;
  EXPECT_EQ(overall(judge("{frameworks: {forbidden: [torch]}}", it)), Answer::kHolds) << "observed not to be loaded";
  it.summary().stop_reason = "early_stop";
  it.summary().steps_completed = 50;
  EXPECT_EQ(overall(judge("{training: {completed: required}}", it)), Answer::kHolds);
  it.conditions().network = "loopback";
  EXPECT_EQ(overall(judge("{network: denied}", it)), Answer::kHolds);
  it.facts(kTrain).writable_by_others = true;
  it.facts(kTrain).changed = false;
  EXPECT_EQ(overall(judge("{inputs: {digests: required}}", it)), Answer::kHolds);
  no_summary(it);
  ResourceDescriptor results{"eval", "", {{"sha256", kHexA}}, "", "", {{"weightmark_kind", Json("eval")}}};
  it.made.provenance.byproducts = {results};
  EXPECT_EQ(overall(judge("{training: {evaluation: required}}", it)), Answer::kHolds);
  const std::vector<std::string> uris = {"s3://b/k?versionId=7", "pkg:pypi/data@1.0",
                                         "https://x.example/a@sha256:" + kHexA};
  for (const std::string& uri : uris) {
    it.resource(kTrain).uri = uri;
    EXPECT_EQ(overall(judge("{inputs: {uris: immutable}}", it)), Answer::kHolds) << uri;
  }
}

TEST(Judgement, SaysWorstOfAll) {
  World it = world();
  it.made.facts.level = 1;
  no_summary(it);
  const auto findings = judge("{level: 2, network: denied, training: {completed: required}}", it);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(overall(findings), Answer::kDoesNotHold);
  EXPECT_EQ(overall({findings[1], findings[2]}), Answer::kCannotTell);
  EXPECT_EQ(overall({findings[1]}), Answer::kHolds);
  EXPECT_EQ(overall({}), Answer::kHolds);
}

TEST(Judgement, ShowsSomeOfManyFindings) {
  World it = world();
  for (int i = 0; i < 30; ++i)
    add(it.made, {"", fmt::format("hf://datasets/acme/{}", i), {}, "", "", {}}, facts_of("dataset"));
  const auto findings = judge("{inputs: {digests: required}}", it);
  ASSERT_EQ(findings.size(), RuleFindings::kMaxShown + 1);
  EXPECT_EQ(findings.back().what, "and 10 more");
  EXPECT_EQ(findings.back().answer, Answer::kDoesNotHold);
}

TEST(MadeModel, ParsesWhatIsSaidOfInputs) {
  Provenance provenance;
  provenance.builder_id = "b";
  provenance.build_type = "https://example.org/build";
  provenance.dependencies = {{"a", "", {}, "", "", {{"weightmark_kind", Json("dataset")}}}};
  const auto made = MadeModel::of({}, provenance, {});
  ASSERT_TRUE(made) << describe(made.error());
  EXPECT_FALSE(made->training);
  EXPECT_EQ(made->inputs.at(0).kind, "dataset");
  provenance.dependencies[0].annotations = {{"weightmark_kind", Json(1)}};
  EXPECT_EQ(MadeModel::of({}, provenance, {}).error().code, ErrorCode::kProvenanceMalformed);
  provenance.build_type = kTrainingBuildType;
  provenance.external_parameters = {{"extra", Json(1)}, {"entryPoint", Json(JsonArray{Json("x")})}};
  provenance.dependencies.clear();
  EXPECT_EQ(MadeModel::of({}, provenance, {}).error().code, ErrorCode::kProvenanceParameter);
}

}  // namespace
}  // namespace weightmark
