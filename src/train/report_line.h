// What a training command says of itself, one JSON object a line. docs/training.md has the
// events and their members. None of it is believed to be more than the command's word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "attest/training.h"
#include "base/json.h"
#include "weightmark/error.h"

namespace weightmark {

// The most bytes of a line.
inline constexpr std::size_t kMaxReportLine = std::size_t{64} << 10U;

struct HyperparametersEvent {
  JsonObject values;  // texts, integers, booleans; decimals have become texts
};

// Decimals are texts such as "1.5", "nan" or "inf".
struct ProgressEvent {
  std::int64_t step = 0;
  std::string epoch;  // empty where it is not said, as other texts
  std::optional<std::int64_t> tokens;
  std::string loss;
};

struct EvaluationEvent {
  std::optional<std::int64_t> step;
  std::string name;
  std::vector<std::pair<std::string, std::string>> metrics;
};

// InputEvent is what the script says that it used.
struct InputEvent {
  std::string kind;  // "dataset", "model", "tokenizer" or "judge-model"
  std::string role;
  std::string relation;
  std::string uri;
  std::string path;
};

struct PlanEvent {
  std::optional<std::int64_t> steps;
  std::string epochs;
  std::optional<std::int64_t> tokens;
};

struct ModelEvent {
  std::optional<std::int64_t> parameters;
  std::string framework;
  std::string name;
};

struct ModulesEvent {
  std::vector<std::pair<std::string, std::string>> distributions;  // name and version
};

struct HardwareEvent {
  std::vector<Accelerators> accelerators;
  std::string runtime;
};

struct WorldEvent {
  std::int64_t nodes = 1;
  std::int64_t ranks = 1;
  std::int64_t rank = 0;
};

struct CheckpointEvent {
  std::optional<std::int64_t> step;
  std::string path;
};

struct EndEvent {
  std::string stop_reason;
  std::optional<std::int64_t> steps;
  std::string epochs;
  std::optional<std::int64_t> tokens;
  std::string final_train_loss;
  std::string final_eval_loss;
  std::string best_eval_loss;
  std::optional<std::int64_t> best_eval_step;
  std::optional<std::int64_t> nan_steps;
};

using ReportEvent = std::variant<HyperparametersEvent, ProgressEvent, EvaluationEvent, InputEvent, PlanEvent,
                                 ModelEvent, ModulesEvent, HardwareEvent, WorldEvent, CheckpointEvent, EndEvent>;

// parse_report_line takes one line without its line feed. Members that it does not know are
// refused, as are events.
// Errors: training-report.
Result<ReportEvent> parse_report_line(std::string_view line);

// parse_hyperparameters takes a JSON object of texts, numbers, true and false, as files and
// events have it: decimals become texts. `code` is that of its errors.
Result<JsonObject> parse_hyperparameters(std::string_view json, ErrorCode code);

}  // namespace weightmark
