// Whether a training can have been done by its accelerators in its time.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "verify/judgement_rules.h"

namespace weightmark {
namespace {

// Accelerator is a model, by a part of the name that drivers give it, and what its vendor's
// data sheet says that it does at most: floating-point operations a second, dense, of the
// narrowest type that it trains with. More specific names come first.
struct Accelerator {
  std::string_view name;
  double peak;
};
constexpr auto kAccelerators = std::to_array<Accelerator>({
    {"B300", 1.5e16},      {"B200", 1.0e16},    {"GH200", 1.98e15},  {"H200", 1.98e15},     {"H100", 1.98e15},
    {"H800", 1.98e15},     {"H20", 3.0e14},     {"A100", 3.12e14},   {"A800", 3.12e14},     {"A40", 1.5e14},
    {"A30", 1.65e14},      {"A10G", 1.25e14},   {"A10", 1.25e14},    {"L40S", 7.33e14},     {"L40", 3.62e14},
    {"L4", 2.42e14},       {"V100", 1.25e14},   {"T4", 6.5e13},      {"RTX 5090", 1.68e15}, {"RTX 4090", 6.6e14},
    {"RTX 3090", 1.43e14}, {"MI355X", 1.01e16}, {"MI325X", 2.61e15}, {"MI300X", 2.61e15},   {"MI250X", 3.83e14},
    {"MI210", 1.81e14},
});

// Of models that use a part of their parameters for each token, a thirtieth or so.
constexpr double kSparse = 32;
// Clocks differ, and seconds are counted whole.
constexpr double kSlack = 1.05;

const Accelerator* find_accelerator(std::string_view model) {
  const auto found =
      std::ranges::find_if(kAccelerators, [&](const Accelerator& one) { return model.find(one.name) != model.npos; });
  return found == kAccelerators.end() ? nullptr : &*found;
}

// fastest is the peak of the fastest of them; nothing where one is not known.
std::optional<double> fastest(const TrainingConditions& conditions, RuleFindings& findings) {
  double peak = 0;
  for (const Accelerators& one : conditions.accelerators) {
    const Accelerator* known = find_accelerator(one.model);
    if (known == nullptr) {
      findings.unknown("it is not known how fast that accelerator is", excerpt(one.model));
      return std::nullopt;
    }
    peak = std::max(peak, known->peak);
  }
  if (conditions.accelerators.empty()) findings.unknown("no accelerators are listed");
  return conditions.accelerators.empty() ? std::nullopt : std::optional<double>(peak);
}

// A forward pass takes two operations a parameter and token, a backward pass four
// (Kaplan et al. 2020, section 2.1).
void check_work(const TrainingSummary& summary, double seconds, double peak, RuleFindings& findings) {
  if (!summary.tokens_seen || !summary.parameters)
    return findings.unknown("it is not said how many tokens it saw, or how many parameters it has");
  const double work = 6.0 * static_cast<double>(*summary.parameters) * static_cast<double>(*summary.tokens_seen);
  const double needed = work / peak;
  if (needed <= seconds * kSlack) return;
  const std::string what = fmt::format(
      "{:.3g} operations take {:.3g} seconds of an accelerator at best, {:.3g} are said", work, needed, seconds);
  if (needed > seconds * kSlack * kSparse)
    findings.fails(what);
  else
    findings.unknown(what + "; it is not said whether each token uses all parameters");
}

// No more accelerator time passes than there are accelerators.
void check_time(double seconds, const TrainingConditions& conditions, const ProvenanceFacts& facts,
                RuleFindings& findings) {
  if (!facts.started || !facts.finished) return findings.unknown("it is not said when it was started and finished");
  double count = 0;
  for (const Accelerators& one : conditions.accelerators) count += static_cast<double>(one.count);
  const double nodes = static_cast<double>(std::max<std::int64_t>(conditions.nodes, 1));
  const double passed = static_cast<double>((*facts.finished - *facts.started).count());
  if (seconds > passed * count * nodes * kSlack + 1)
    findings.fails(fmt::format("{:.3g} seconds of accelerators are said; {} of them had {:.3g} seconds", seconds,
                               count * nodes, passed));
}

}  // namespace

void check_compute(const TrainingSummary& summary, const TrainingConditions& conditions, const ProvenanceFacts& facts,
                   RuleFindings& findings) {
  const auto peak = fastest(conditions, findings);
  if (!summary.accelerator_seconds) findings.unknown("it is not said for how long accelerators were used");
  if (!peak || !summary.accelerator_seconds) return;
  const auto seconds = static_cast<double>(*summary.accelerator_seconds);
  check_work(summary, seconds, *peak, findings);
  check_time(seconds, conditions, facts, findings);
}

}  // namespace weightmark
