#include "train/run_report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <map>
#include <set>

#include "base/file.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

template <class Event>
bool has(const ProcessReport& report) {
  return std::ranges::any_of(report.events, [](const auto& event) { return std::holds_alternative<Event>(event); });
}

bool is_rank_zero(const ProcessReport& report) {
  return std::ranges::any_of(report.events, [](const ReportEvent& event) {
    const auto* world = std::get_if<WorldEvent>(&event);
    return world != nullptr && world->rank == 0;
  });
}

// put_primary_last lets what rank 0 says win over what others said.
void put_primary_last(std::vector<ProcessReport>& reports) {
  std::ranges::sort(reports, {}, &ProcessReport::name);
  auto primary = std::ranges::find_if(reports, is_rank_zero);
  if (primary == reports.end()) primary = std::ranges::find_if(reports, has<ProgressEvent>);
  if (primary != reports.end()) std::rotate(primary, primary + 1, reports.end());
}

void take(std::optional<std::int64_t>& to, const std::optional<std::int64_t>& from) {
  if (from) to = from;
}

void take(std::string& to, const std::string& from) {
  if (!from.empty()) to = from;
}

// Merger is told of all events, those of rank 0 last.
class Merger {
 public:
  void begin(bool primary) { primary_ = primary; }

  void operator()(const HyperparametersEvent& event) {
    for (const auto& [name, value] : event.values) hyperparameters_[name] = value;
  }

  void operator()(const ProgressEvent& event) {
    if (!primary_) return;
    TrainingSummary& summary = touch();
    if (summary.steps_completed.value_or(-1) <= event.step) {
      summary.steps_completed = event.step;
      take(summary.epochs_completed, event.epoch);
      take(summary.tokens_seen, event.tokens);
    }
    if (event.loss.empty()) return;
    if (const auto loss = decimal(event.loss); loss && !std::isfinite(*loss)) ++nan_steps_;
    losses_.push_back(event.loss);
  }

  void operator()(const EvaluationEvent& event) {
    if (!primary_) return;
    for (const auto& [name, value] : event.metrics) {
      evaluation_[event.name.empty() ? name : event.name + "." + name] = value;
      if (name == "loss") evaluated(event, value);
    }
    touch();
  }

  void operator()(const InputEvent& event) {
    const auto key = std::tie(event.kind, event.role, event.relation, event.uri, event.path);
    const bool known = std::ranges::any_of(report_.inputs, [&](const InputEvent& one) {
      return std::tie(one.kind, one.role, one.relation, one.uri, one.path) == key;
    });
    if (!known && report_.inputs.size() < kMaxReportFiles) report_.inputs.push_back(event);
  }

  void operator()(const PlanEvent& event) {
    TrainingSummary& summary = touch();
    take(summary.steps_planned, event.steps);
    take(summary.epochs_planned, event.epochs);
    take(summary.tokens_planned, event.tokens);
  }

  void operator()(const ModelEvent& event) {
    take(touch().parameters, event.parameters);
    take(report_.framework, event.framework);
  }

  void operator()(const ModulesEvent& event) {
    for (const auto& [name, version] : event.distributions) distributions_[name] = version;
  }

  void operator()(const HardwareEvent& event) {
    if (!event.accelerators.empty()) report_.accelerators = event.accelerators;
    take(report_.runtime, event.runtime);
  }

  void operator()(const WorldEvent& event) {
    report_.nodes = std::max(report_.nodes, event.nodes);
    report_.ranks = std::max(report_.ranks, event.ranks);
  }

  void operator()(const CheckpointEvent& event) {
    checkpoints_.insert(event.path.empty() ? fmt::format("step {}", event.step.value_or(0)) : event.path);
    touch();
  }

  void operator()(const EndEvent& event) {
    if (!primary_) return;
    TrainingSummary& summary = touch();
    take(summary.stop_reason, event.stop_reason);
    take(summary.steps_completed, event.steps);
    take(summary.epochs_completed, event.epochs);
    take(summary.tokens_seen, event.tokens);
    take(summary.final_train_loss, event.final_train_loss);
    take(summary.final_eval_loss, event.final_eval_loss);
    take(summary.best_eval_loss, event.best_eval_loss);
    take(summary.best_eval_step, event.best_eval_step);
    take(summary.nan_steps, event.nan_steps);
  }

  RunReport finish() {
    for (auto& [name, value] : hyperparameters_) report_.hyperparameters.emplace_back(name, std::move(value));
    report_.distributions.assign(distributions_.begin(), distributions_.end());
    if (report_.summary) complete(*report_.summary);
    return std::move(report_);
  }

 private:
  TrainingSummary& touch() {
    if (!report_.summary) report_.summary.emplace();
    return *report_.summary;
  }

  void evaluated(const EvaluationEvent& event, const std::string& loss) {
    TrainingSummary& summary = touch();
    const auto value = decimal(loss);
    const auto best = decimal(summary.best_eval_loss);
    last_eval_ = loss;
    if (!value || std::isnan(*value) || (best && *best <= *value)) return;
    summary.best_eval_loss = loss;
    summary.best_eval_step = event.step;
  }

  // complete fills in what "end" did not say from what came before it.
  void complete(TrainingSummary& summary) {
    if (summary.final_train_loss.empty() && !losses_.empty()) summary.final_train_loss = losses_.back();
    if (summary.final_eval_loss.empty()) summary.final_eval_loss = last_eval_;
    if (!summary.nan_steps && !losses_.empty()) summary.nan_steps = nan_steps_;
    if (!checkpoints_.empty()) summary.checkpoints = static_cast<std::int64_t>(checkpoints_.size());
    summary.evaluation.assign(evaluation_.begin(), evaluation_.end());
    thin(summary.loss_curve);
  }

  void thin(std::vector<std::string>& curve) const {
    const std::size_t count = std::min(losses_.size(), kMaxLossCurve);
    for (std::size_t i = 0; i < count; ++i)
      curve.push_back(losses_[count == 1 ? 0 : i * (losses_.size() - 1) / (count - 1)]);
  }

  RunReport report_;
  bool primary_ = false;
  std::map<std::string, Json> hyperparameters_;
  std::map<std::string, std::string> distributions_;
  std::map<std::string, std::string> evaluation_;
  std::set<std::string> checkpoints_;
  std::vector<std::string> losses_;
  std::string last_eval_;
  std::int64_t nan_steps_ = 0;
};

Error in_file(Error error, const std::string& name) {
  error.subject = error.subject.empty() ? name : name + ": " + error.subject;
  return error;
}

// read_one opens without following a link or waiting on a pipe that the command left.
Result<std::string> read_one(const fs::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0)
    return refuse(ErrorCode::kTrainingReport, "cannot be opened", path.filename().native());
  if (!S_ISREG(status.st_mode))
    return refuse(ErrorCode::kTrainingReport, "is no regular file", path.filename().native());
  auto text = read_file(file, path, kMaxReportFile);
  if (!text && text.error().code == ErrorCode::kFileTooLarge)
    return refuse(ErrorCode::kTrainingReport, fmt::format("is over {}", human_size(kMaxReportFile)),
                  path.filename().native());
  return text;
}

Result<std::vector<fs::path>> list_reports(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (entry->path().extension() == ".jsonl") paths.push_back(entry->path());
    if (paths.size() > kMaxReportFiles)
      return refuse(ErrorCode::kTrainingReport, fmt::format("over {} files", kMaxReportFiles), folder.native());
  }
  if (error) return std::unexpected(system_error(error.value(), folder.native(), ErrorCode::kReadFailed));
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

bool RunReport::empty() const {
  return hyperparameters.empty() && !summary && inputs.empty() && accelerators.empty() && runtime.empty() &&
         framework.empty() && distributions.empty() && nodes == 1 && ranks == 1;
}

Result<ProcessReport> parse_process_report(std::string name, std::string_view text) {
  ProcessReport report{std::move(name), {}};
  std::size_t number = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    ++number;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (trimmed(line).empty()) continue;
    auto event = parse_report_line(line);
    if (!event) return std::unexpected(in_file(std::move(event).error(), fmt::format("{}:{}", report.name, number)));
    report.events.push_back(*std::move(event));
  }
  return report;
}

RunReport merge_reports(std::vector<ProcessReport> reports) {
  put_primary_last(reports);
  Merger merger;
  for (const ProcessReport& report : reports) {
    merger.begin(&report == &reports.back());
    for (const ReportEvent& event : report.events) std::visit(merger, event);
  }
  return merger.finish();
}

Result<RunReport> read_run_report(const fs::path& folder) {
  WM_TRY(const std::vector<fs::path> paths, list_reports(folder));
  std::vector<ProcessReport> reports;
  std::uint64_t total = 0;
  for (const fs::path& path : paths) {
    WM_TRY(const std::string text, read_one(path));
    total += text.size();
    if (total > kMaxReportTotal)
      return refuse(ErrorCode::kTrainingReport, fmt::format("has over {} in all", human_size(kMaxReportTotal)),
                    folder.native());
    WM_TRY(ProcessReport report, parse_process_report(printable(path.filename().native()), text));
    reports.push_back(std::move(report));
  }
  return merge_reports(std::move(reports));
}

}  // namespace weightmark
