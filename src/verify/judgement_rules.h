// The rules of judgement.cc, by what they are about, and what they share.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/judgement.h"

namespace weightmark {

// RuleFindings collects what one rule finds.
class RuleFindings {
 public:
  explicit RuleFindings(std::string rule) : rule_(std::move(rule)) {}

  void fails(std::string what, std::string about = {}) { add(Answer::kDoesNotHold, std::move(what), std::move(about)); }
  void unknown(std::string what, std::string about = {}) {
    add(Answer::kCannotTell, std::move(what), std::move(about));
  }

  // conclude appends them to `all`; where nothing was found, that the rule holds, `what`.
  // Of each answer at most kMaxShown come, and how many more there are.
  void conclude(std::string what, std::vector<Finding>& all) &&;

  static constexpr std::size_t kMaxShown = 20;

 private:
  void add(Answer answer, std::string what, std::string about);

  std::string rule_;
  std::vector<Finding> fails_;
  std::vector<Finding> unknown_;
  std::size_t more_fails_ = 0;
  std::size_t more_unknown_ = 0;
};

// Input is a dependency.
struct Input {
  const ResourceDescriptor& resource;
  const DependencyFacts& facts;

  std::string name() const;  // for people
  bool is(std::string_view kind) const { return facts.kind == kind; }
  // Whether it may be of that kind: where none is said it may be any.
  bool may_be(std::string_view kind) const { return facts.kind.empty() || is(kind); }
  // Whether it is, or may be, content: a dataset, a model or what belongs to one.
  bool is_content() const;
};

std::vector<Input> inputs_of(const MadeModel& made);

// list_is_complete says whether what is not listed did not go in, as far as is known or assumed.
bool list_is_complete(const JudgementCase& it);

// match says whether a pattern stands for an input.
Answer match(const ResourcePattern& pattern, const Input& input);

// Each appends what its rules find, where the policy has them.
void judge_origin(const JudgementCase& it, std::vector<Finding>& all);      // judgement.cc
void judge_conditions(const JudgementCase& it, std::vector<Finding>& all);  // judgement_inputs.cc
void judge_inputs(const JudgementCase& it, std::vector<Finding>& all);      // judgement_inputs.cc
void judge_lists(const JudgementCase& it, std::vector<Finding>& all);       // judgement_lists.cc
void judge_training(const JudgementCase& it, std::vector<Finding>& all);    // judgement_training.cc

// check_compute compares what a training says of its work with what its accelerators can
// do in its time (judgement_compute.cc).
void check_compute(const TrainingSummary& summary, const TrainingConditions& conditions, const ProvenanceFacts& facts,
                   RuleFindings& findings);

}  // namespace weightmark
