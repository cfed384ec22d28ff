// Rules on how far a training went, by what it reports of itself.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/text.h"
#include "verify/judgement_rules.h"

namespace weightmark {
namespace {

constexpr double kNearlyAll = 0.98;  // of the planned steps
constexpr double kWorse = 0.1;       // than the best loss, as a part of it
constexpr double kRise = 0.02;       // of the loss over the last third, as a part of it
constexpr std::size_t kLeastPoints = 6;
constexpr auto kDone = std::to_array<std::string_view>({"max_steps", "early_stop", "target"});

std::optional<double> number(const std::string& text) { return text.empty() ? std::nullopt : decimal(text); }

// Of the training there may be no summary, or no training at all.
const TrainingSummary* summary_of(const JudgementCase& it, RuleFindings& findings) {
  if (it.made.training && it.made.training->summary) return &*it.made.training->summary;
  findings.unknown("nothing is reported of the training");
  return nullptr;
}

// --- completed: U1

void check_steps(const TrainingSummary& summary, RuleFindings& findings) {
  if (!summary.steps_planned || !summary.steps_completed) {
    findings.unknown("it is not said how many steps were planned and made");
  } else if (static_cast<double>(*summary.steps_completed) < static_cast<double>(*summary.steps_planned) * kNearlyAll) {
    findings.fails(fmt::format("{} of {} planned steps were made", *summary.steps_completed, *summary.steps_planned));
  }
}

void judge_completed(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.training.completed) return;
  RuleFindings findings("training.completed");
  if (const TrainingSummary* summary = summary_of(it, findings)) {
    const std::string& reason = summary->stop_reason;
    if (reason.empty())
      findings.unknown("it is not said why it stopped");
    else if (std::ranges::find(kDone, reason) == kDone.end())
      findings.fails(fmt::format("it stopped because of \"{}\"", reason));
    // Who stops early, or at a target, makes fewer.
    if (reason.empty() || reason == "max_steps") check_steps(*summary, findings);
  }
  std::move(findings).conclude("the training ran to its end", all);
}

// --- least-tokens-per-parameter: U2

void judge_tokens(const JudgementCase& it, std::vector<Finding>& all) {
  const auto& least = it.policy.training.least_tokens_per_parameter;
  if (!least) return;
  RuleFindings findings("training.least-tokens-per-parameter");
  std::string found;
  if (const TrainingSummary* summary = summary_of(it, findings)) {
    if (!summary->tokens_seen || !summary->parameters || *summary->parameters == 0) {
      findings.unknown("it is not said how many tokens it saw, or how many parameters it has");
    } else {
      const double ratio = static_cast<double>(*summary->tokens_seen) / static_cast<double>(*summary->parameters);
      found = fmt::format("{:.3g} tokens a parameter", ratio);
      if (ratio < static_cast<double>(*least)) findings.fails(fmt::format("{}, of at least {}", found, *least));
    }
  }
  std::move(findings).conclude(found, all);
}

// --- epochs: U3

void judge_epochs(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.training.epochs) return;
  RuleFindings findings("training.epochs");
  if (const TrainingSummary* summary = summary_of(it, findings)) {
    const auto planned = number(summary->epochs_planned);
    const auto completed = number(summary->epochs_completed);
    if (!planned || !completed || !std::isfinite(*planned) || !std::isfinite(*completed))
      findings.unknown("it is not said how many epochs were planned and completed");
    else if (*completed < *planned * kNearlyAll)
      findings.fails(fmt::format("{} of {} epochs were completed", summary->epochs_completed, summary->epochs_planned));
  }
  std::move(findings).conclude("all epochs were completed", all);
}

// --- loss: U4

void check_final_loss(const TrainingSummary& summary, RuleFindings& findings) {
  const auto last = number(summary.final_eval_loss);
  const auto best = number(summary.best_eval_loss);
  if (last && !std::isfinite(*last)) return findings.fails(fmt::format("the last loss is {}", summary.final_eval_loss));
  if (!last || !best || !std::isfinite(*best)) return findings.unknown("the last and the best loss are not said");
  if (*last > *best + std::abs(*best) * kWorse)
    findings.fails(
        fmt::format("the last loss, {}, is far above the best, {}", summary.final_eval_loss, summary.best_eval_loss));
}

void check_finite(const TrainingSummary& summary, RuleFindings& findings) {
  if (!summary.nan_steps)
    findings.unknown("it is not said whether there were steps without a loss");
  else if (*summary.nan_steps > 0)
    findings.fails(fmt::format("{} steps had no loss", *summary.nan_steps));
}

double mean(const double* begin, const double* end) {
  return std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin);
}

// check_curve compares the two halves of the last third: single points scatter.
void check_curve(const TrainingSummary& summary, RuleFindings& findings) {
  std::vector<double> points;
  points.reserve(summary.loss_curve.size());
  for (const std::string& text : summary.loss_curve) points.push_back(number(text).value_or(std::nan("")));
  if (!std::ranges::all_of(points, [](double point) { return std::isfinite(point); }))
    return findings.fails("the loss was no number for a time");
  if (points.size() < kLeastPoints) return findings.unknown("the course of the loss is not reported");
  const double* end = points.data() + points.size();
  const std::size_t half = points.size() / 6;
  const double before = mean(end - 2 * half, end - half);
  const double after = mean(end - half, end);
  if (after > before + std::abs(before) * kRise)
    findings.fails(fmt::format("the loss rose at the end, from {:.4g} to {:.4g}", before, after));
}

void judge_loss(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.training.settled_loss) return;
  RuleFindings findings("training.loss");
  if (const TrainingSummary* summary = summary_of(it, findings)) {
    check_final_loss(*summary, findings);
    check_finite(*summary, findings);
    check_curve(*summary, findings);
  }
  std::move(findings).conclude("the loss settled near its best", all);
}

// --- evaluation: U6

bool has_results(const Provenance& provenance) {
  return std::ranges::any_of(provenance.byproducts, [](const ResourceDescriptor& one) {
    const Json* kind = one.annotation("weightmark_kind");
    return kind != nullptr && *kind == Json("eval") && !one.digests.empty();
  });
}

void judge_evaluation(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.training.evaluation) return;
  RuleFindings findings("training.evaluation");
  const auto& training = it.made.training;
  const bool reported = training && training->summary && !training->summary->evaluation.empty();
  if (!reported && !has_results(it.made.provenance)) {
    if (training && training->summary)
      findings.fails("no evaluation is reported");
    else
      findings.unknown("nothing is reported of the training");
  }
  std::move(findings).conclude("it was evaluated", all);
}

// is_same says whether two datasets are one. Of different roots it cannot be said whether
// they share files.
bool is_same(const Input& a, const Input& b) {
  for (const auto& [algorithm, hex] : a.resource.digests)
    if (b.resource.digest(algorithm) == hex) return true;
  return a.facts.merkle && b.facts.merkle && a.facts.merkle->root == b.facts.merkle->root;
}

void judge_evaluation_data(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.training.separate_evaluation) return;
  RuleFindings findings("training.evaluation-data");
  bool found = false;
  const std::vector<Input> inputs = inputs_of(it.made);
  for (const Input& input : inputs) {
    if (input.facts.role != "eval" && input.facts.role != "validation") continue;
    found = true;
    if (input.resource.digests.empty()) findings.unknown("has no digest to compare by", input.name());
    for (const Input& other : inputs) {
      if (other.facts.role != "train") continue;
      if (is_same(input, other)) findings.fails(fmt::format("is also trained on, as {}", other.name()), input.name());
    }
  }
  for (const Input& input : inputs)
    if (found && input.facts.role == "train" && input.resource.digests.empty())
      findings.unknown("has no digest to compare by", input.name());
  if (!found) findings.unknown("no data is listed that it was evaluated on");
  if (!list_is_complete(it)) findings.unknown("not all inputs are known");
  std::move(findings).conclude("it was evaluated on other data than it was trained on", all);
}

void judge_plausible(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.training.plausible_compute) return;
  RuleFindings findings("training.compute");
  if (const TrainingSummary* summary = summary_of(it, findings))
    check_compute(*summary, it.made.training->conditions, it.made.facts, findings);
  std::move(findings).conclude("the accelerators can have done it in that time", all);
}

}  // namespace

void judge_training(const JudgementCase& it, std::vector<Finding>& all) {
  judge_completed(it, all);
  judge_tokens(it, all);
  judge_epochs(it, all);
  judge_loss(it, all);
  judge_plausible(it, all);
  judge_evaluation(it, all);
  judge_evaluation_data(it, all);
}

}  // namespace weightmark
