// What all processes of a training say of themselves, taken together.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/training.h"
#include "train/report_line.h"
#include "weightmark/error.h"

namespace weightmark {

inline constexpr std::uint64_t kMaxReportFile = std::uint64_t{16} << 20U;
inline constexpr std::size_t kMaxReportFiles = 4096;
inline constexpr std::uint64_t kMaxReportTotal = std::uint64_t{256} << 20U;

// RunReport is self-reported from end to end.
struct RunReport {
  JsonObject hyperparameters;
  std::optional<TrainingSummary> summary;  // where anything of it was said
  std::vector<InputEvent> inputs;          // each once
  std::vector<Accelerators> accelerators;
  std::string runtime;
  std::int64_t nodes = 1;
  std::int64_t ranks = 1;
  std::string framework;
  std::vector<std::pair<std::string, std::string>> distributions;  // sorted

  bool empty() const;
};

// ProcessReport is the file of one process.
struct ProcessReport {
  std::string name;  // of the file
  std::vector<ReportEvent> events;
};

// parse_process_report takes a file's text. A last line without its line feed is what a
// process leaves that is killed while it writes, and is passed over.
// Errors: training-report, which names the file and the line.
Result<ProcessReport> parse_process_report(std::string name, std::string_view text);

// merge_reports makes one of those of all ranks. Where they differ, rank 0 is believed: the
// one that says so, else the first by name that tells of progress.
RunReport merge_reports(std::vector<ProcessReport> reports);

// read_run_report reads every NAME.jsonl of a folder.
// Errors: training-report, also for what is no regular file or too much; read-failed.
Result<RunReport> read_run_report(const std::filesystem::path& folder);

}  // namespace weightmark
