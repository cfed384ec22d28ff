#include "train/training_nodes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr ErrorCode kCode = ErrorCode::kTrainingNodes;

std::unexpected<Error> differs(std::int64_t node, std::string_view what, std::string_view detail) {
  return refuse(kCode, fmt::format("{} on node {} is not that of node 0", what, node), detail,
                "start the same checkout, inputs and version of weightmark on every node");
}

// recast gives an error of what a node wrote the code of this subject.
Error recast(Error error, std::int64_t node) {
  error.code = kCode;
  error.what = fmt::format("{}, in the record of node {}", error.what, node);
  return error;
}

// is_of_the_machine tells what each node may have of its own: packages, files of the system.
bool is_of_the_machine(const DependencyFacts& facts) {
  return facts.evidence == kEvidenceObserved &&
         (facts.kind == "package" || facts.kind == "framework" || facts.kind == "file");
}

// NodesMerge adds one node after the other.
class NodesMerge {
 public:
  // begin takes what is signed of node 0, from which secrets are gone.
  static Result<NodesMerge> begin(TrainingStatement first) {
    NodesMerge it(std::move(first));
    WM_TRY(it.it_.training, parse_training(it.it_.provenance));
    it.it_.training.conditions.machines = {machine(0, it.it_.training)};
    return it;
  }

  Result<void> add(const NodeRecord& record) {
    node_ = record.node;
    auto parsed = parse_training(record.provenance);
    if (!parsed) return std::unexpected(recast(std::move(parsed.error()), node_));
    WM_CHECK(check_same(record.provenance, *parsed));
    for (std::size_t i = 0; i < parsed->dependencies.size(); ++i)
      WM_CHECK(add_dependency(record.provenance.dependencies[i], parsed->dependencies[i]));
    add_parameters(parsed->parameters);
    add_conditions(parsed->conditions);
    it_.training.conditions.machines.push_back(machine(node_, *parsed));
    if (!it_.training.summary) it_.training.summary = std::move(parsed->summary);
    Provenance& all = it_.provenance;
    if (record.provenance.started) all.started = std::min(*all.started, *record.provenance.started);
    if (record.provenance.finished) all.finished = std::max(*all.finished, *record.provenance.finished);
    return {};
  }

  TrainingStatement finish() && {
    TrainingConditions& conditions = it_.training.conditions;
    const auto nodes = static_cast<std::int64_t>(conditions.machines.size());
    if (conditions.nodes > 1 && conditions.nodes != nodes)
      it_.warnings.push_back(fmt::format("the command reports {} nodes where {} took part; the latter is recorded",
                                         conditions.nodes, nodes));
    conditions.nodes = nodes;
    conditions.ranks = std::max(conditions.ranks, nodes);
    it_.provenance.byproducts.clear();
    write_training(it_.training, it_.provenance);
    return std::move(it_);
  }

 private:
  explicit NodesMerge(TrainingStatement first) : it_(std::move(first)) {}

  static TrainingNode machine(std::int64_t node, const Training& training) {
    const TrainingConditions& from = training.conditions;
    return {node, training.parameters.entry_point, from.cpu, from.kernel, from.tier, from.mode, from.complete};
  }

  Result<void> check_same(const Provenance& provenance, const Training& training) const {
    const Training& first = it_.training;
    if (provenance.builder_version != it_.provenance.builder_version)
      return differs(node_, "the version of weightmark", write_json(Json::object(provenance.builder_version)));
    if (training.parameters.repository != first.parameters.repository)
      return differs(node_, "the source", training.parameters.repository);
    if (training.parameters.config != first.parameters.config)
      return differs(node_, "the configuration", training.parameters.config);
    const ResourceDescriptor* source = source_of(provenance, training);
    const ResourceDescriptor* expected = source_of(it_.provenance, first);
    if ((source == nullptr) != (expected == nullptr) ||
        (source != nullptr && (source->uri != expected->uri || source->digests != expected->digests)))
      return differs(node_, "the source", source == nullptr ? "" : source->uri);
    return {};
  }

  static const ResourceDescriptor* source_of(const Provenance& provenance, const Training& training) {
    for (std::size_t i = 0; i < training.dependencies.size(); ++i)
      if (training.dependencies[i].kind == "source") return &provenance.dependencies[i];
    return nullptr;
  }

  bool is_same(std::size_t at, const ResourceDescriptor& resource, const DependencyFacts& facts) const {
    const ResourceDescriptor& known = it_.provenance.dependencies[at];
    const DependencyFacts& its = it_.training.dependencies[at];
    return known.name == resource.name && known.uri == resource.uri && its.kind == facts.kind &&
           its.role == facts.role && its.relation == facts.relation;
  }

  // add_dependency: what was declared is one thing on all nodes; of packages and of the
  // system there may be several. What a command reports has no digest and says nothing new
  // of what is known.
  Result<void> add_dependency(const ResourceDescriptor& resource, const DependencyFacts& facts) {
    for (std::size_t i = 0; i < it_.training.dependencies.size(); ++i) {
      if (!is_same(i, resource, facts)) continue;
      DependencyFacts& known = it_.training.dependencies[i];
      if (facts.evidence == kEvidenceSelfReported) return {};
      if (known.evidence == kEvidenceSelfReported) {
        it_.provenance.dependencies[i] = resource;
        known = facts;
        return {};
      }
      if (it_.provenance.dependencies[i].digests == resource.digests) {
        merge(facts, known);
        return {};
      }
      if (!is_of_the_machine(facts))
        return differs(node_, resource.name, resource.digests.empty() ? "" : resource.digests.front().second);
    }
    it_.provenance.dependencies.push_back(resource);
    it_.training.dependencies.push_back(facts);
    return {};
  }

  // merge keeps what is worse: what happened on one node has happened.
  static void merge(const DependencyFacts& from, DependencyFacts& into) {
    for (const auto flag : {&DependencyFacts::loaded, &DependencyFacts::dirty, &DependencyFacts::writable_by_others,
                            &DependencyFacts::changed, &DependencyFacts::undeclared})
      if ((from.*flag).value_or(false)) into.*flag = true;
    if (from.evidence == kEvidenceObserved) into.evidence = kEvidenceObserved;
    // Nodes may have read the same files or others: at least so many were read.
    if (from.files_read) into.files_read = std::max(into.files_read.value_or(0), *from.files_read);
    if (into.signature && !(from.signature && from.signature->verified)) into.signature->verified = false;
  }

  static void add_texts(const std::vector<std::string>& from, std::vector<std::string>& into) {
    for (const std::string& text : from)
      if (std::ranges::find(into, text) == into.end()) into.push_back(text);
  }

  void add_parameters(const TrainingParameters& from) {
    TrainingParameters& into = it_.training.parameters;
    add_texts(from.datasets, into.datasets);
    add_texts(from.base_models, into.base_models);
    for (const auto& [name, value] : from.hyperparameters) {
      const auto known = std::ranges::find(into.hyperparameters, name, &JsonObject::value_type::first);
      if (known == into.hyperparameters.end())
        into.hyperparameters.emplace_back(name, value);
      else if (known->second != value)
        it_.warnings.push_back(fmt::format("node {} has another value of {}; that of node 0 is recorded", node_, name));
    }
    std::ranges::sort(into.hyperparameters, {}, &JsonObject::value_type::first);
  }

  void add_conditions(const TrainingConditions& from) {
    TrainingConditions& into = it_.training.conditions;
    into.network = weaker(from.network, into.network, {"denied", "loopback", "open"});
    into.filesystem = weaker(from.filesystem, into.filesystem, {"readonly-inputs", "confined", "open"});
    into.io_uring = weaker(from.io_uring, into.io_uring, {"denied", "allowed"});
    into.new_privileges = into.new_privileges || from.new_privileges;
    into.tier = std::max(from.tier, into.tier);
    into.mode = weaker(from.mode, into.mode, {"fanotify", "none"});
    into.complete = into.complete && from.complete;
    add_texts(from.incomplete, into.incomplete);
    into.dropped_events += from.dropped_events;
    for (const Accelerators& accelerators : from.accelerators) add_accelerators(accelerators);
  }

  // weaker returns whichever comes later in the order from strong to weak.
  static std::string weaker(const std::string& a, const std::string& b, std::initializer_list<std::string_view> order) {
    return std::ranges::find(order, a) > std::ranges::find(order, b) ? a : b;
  }

  void add_accelerators(const Accelerators& more) {
    for (Accelerators& known : it_.training.conditions.accelerators)
      if (known.model == more.model && known.driver == more.driver) {
        known.count += more.count;
        return;
      }
    it_.training.conditions.accelerators.push_back(more);
  }

  TrainingStatement it_;
  std::int64_t node_ = 0;
};

Result<NodeRecord> parse_record(const JsonView& root) {
  WM_CHECK(root.only({"run", "node", "failure", "predicate"}));
  NodeRecord record;
  WM_TRY(const JsonView run, root.member("run"));
  WM_TRY(const std::string_view name, run.string());
  record.run = name;
  WM_TRY(const JsonView node, root.member("node"));
  WM_TRY(record.node, node.integer());
  if (const auto failure = root.find("failure")) {
    WM_TRY(const std::string_view why, failure->string());
    record.failure = why;
    return record;
  }
  WM_TRY(const JsonView predicate, root.member("predicate"));
  WM_TRY(record.provenance, parse_provenance(kProvenanceV1, predicate));
  if (record.provenance.build_type != kTrainingBuildType) return root.fail("is of no training");
  return record;
}

}  // namespace

std::string write_node_record(const NodeRecord& record) {
  JsonWriter writer;
  writer.begin_object();
  if (!record.failure.empty()) {
    writer.key("failure");
    writer.string(record.failure);
  }
  writer.key("node");
  writer.value(Json(record.node));
  if (record.failure.empty()) {
    writer.key("predicate");
    writer.verbatim(write_provenance(record.provenance));
  }
  writer.key("run");
  writer.string(record.run);
  writer.end_object();
  return std::move(writer).take();
}

Result<NodeRecord> parse_node_record(std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document) return std::unexpected(Error{kCode, document.error().what, document.error().subject, {}});
  auto record = parse_record(document->root(kCode));
  if (!record) record.error().code = kCode;
  return record;
}

Result<TrainingStatement> merge_nodes(TrainingStatement first, const std::vector<NodeRecord>& others) {
  WM_TRY(NodesMerge merge, NodesMerge::begin(std::move(first)));
  for (const NodeRecord& record : others) WM_CHECK(merge.add(record));
  return std::move(merge).finish();
}

}  // namespace weightmark
