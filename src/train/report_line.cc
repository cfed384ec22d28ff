#include "train/report_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/json_document.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"

namespace weightmark {
namespace {

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxDecimal = 64;
constexpr std::size_t kMaxMembers = 4096;
constexpr std::int64_t kMaxCount = std::int64_t{1} << 53U;

using Names = std::initializer_list<std::string_view>;

Result<std::string> text_of(const JsonView& view, std::size_t limit) {
  WM_TRY(const std::string_view text, view.string());
  if (text.size() > limit) return view.fail(fmt::format("has {} bytes, over the limit of {}", text.size(), limit));
  return std::string(text);
}

Result<std::string> optional_text(const JsonView& event, std::string_view key, std::size_t limit = kMaxText) {
  if (!event.has(key)) return std::string();
  return text_of(*event.find(key), limit);
}

Result<std::string> decimal_of(const JsonView& view) {
  WM_TRY(std::string text, text_of(view, kMaxDecimal));
  if (!decimal(text)) return view.fail("is no decimal in a text, such as \"1.5\" or \"nan\"");
  return text;
}

Result<std::string> optional_decimal(const JsonView& event, std::string_view key) {
  if (!event.has(key)) return std::string();
  return decimal_of(*event.find(key));
}

Result<std::int64_t> count_of(const JsonView& view) {
  WM_TRY(const std::int64_t count, view.integer());
  if (count < 0 || count > kMaxCount) return view.fail("is out of range");
  return count;
}

Result<std::optional<std::int64_t>> optional_count(const JsonView& event, std::string_view key) {
  if (!event.has(key)) return std::nullopt;
  WM_TRY(const std::int64_t count, count_of(*event.find(key)));
  return count;
}

Result<std::string> optional_choice(const JsonView& event, std::string_view key, Names choices) {
  WM_TRY(std::string text, optional_text(event, key));
  const bool known = text.empty() || std::ranges::find(choices, text) != choices.end();
  return known ? Result<std::string>(std::move(text))
               : Result<std::string>(event.find(key)->fail(fmt::format("\"{}\" is not known", excerpt(text))));
}

Result<Json> scalar(const JsonView& view) {
  Json value = view.json();
  if (const auto* number = value.as<double>()) return Json(fmt::format("{}", *number));
  const bool plain = value.as<bool>() != nullptr || value.as<std::int64_t>() != nullptr;
  if (plain) return value;
  const auto* text = value.as<std::string>();
  if (text == nullptr) return view.fail("is neither text, number, true nor false");
  if (text->size() > kMaxText) return view.fail("is too long");
  return value;
}

Result<JsonObject> scalars(const JsonView& view) {
  WM_TRY(const JsonMembers members, view.object());
  if (members.size() > kMaxMembers) return view.fail(fmt::format("has over {} members", kMaxMembers));
  JsonObject values;
  for (const auto& [key, member] : members) {
    if (key.empty() || key.size() > kMaxName) return member.fail("has a name of a length that is not taken");
    WM_TRY(Json value, scalar(member));
    values.emplace_back(key, std::move(value));
  }
  std::ranges::sort(values, {}, &JsonObject::value_type::first);
  return values;
}

template <class Value>
Result<std::vector<std::pair<std::string, std::string>>> pairs(const JsonView& view, Value value_of) {
  WM_TRY(const JsonMembers members, view.object());
  if (members.size() > kMaxMembers) return view.fail(fmt::format("has over {} members", kMaxMembers));
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [key, member] : members) {
    if (key.empty() || key.size() > kMaxName) return member.fail("has a name of a length that is not taken");
    WM_TRY(std::string value, value_of(member));
    values.emplace_back(key, std::move(value));
  }
  return values;
}

// --- The events, each with its members beside "event".

Result<ReportEvent> hyperparameters(const JsonView& event) {
  WM_CHECK(event.only({"event", "values"}));
  WM_TRY(const JsonView values, event.member("values"));
  WM_TRY(JsonObject parsed, scalars(values));
  return HyperparametersEvent{std::move(parsed)};
}

Result<ReportEvent> progress(const JsonView& event) {
  WM_CHECK(event.only({"event", "step", "epoch", "tokens", "loss", "time"}));
  ProgressEvent it;
  WM_TRY(const JsonView step, event.member("step"));
  WM_TRY(it.step, count_of(step));
  WM_TRY(it.epoch, optional_decimal(event, "epoch"));
  WM_TRY(it.tokens, optional_count(event, "tokens"));
  WM_TRY(it.loss, optional_decimal(event, "loss"));
  WM_CHECK(optional_text(event, "time", kMaxDecimal));
  return it;
}

Result<ReportEvent> evaluation(const JsonView& event) {
  WM_CHECK(event.only({"event", "step", "name", "metrics"}));
  EvaluationEvent it;
  WM_TRY(it.step, optional_count(event, "step"));
  WM_TRY(it.name, optional_text(event, "name", kMaxName));
  WM_TRY(const JsonView metrics, event.member("metrics"));
  WM_TRY(it.metrics, pairs(metrics, decimal_of));
  return it;
}

Result<ReportEvent> input(const JsonView& event) {
  WM_CHECK(event.only({"event", "kind", "role", "relation", "uri", "path"}));
  InputEvent it;
  WM_CHECK(event.member("kind"));
  WM_TRY(it.kind, optional_choice(event, "kind", {"dataset", "model", "tokenizer", "judge-model"}));
  WM_TRY(it.role, optional_choice(event, "role", {"train", "validation", "eval", "reward", "synthetic-source"}));
  WM_TRY(it.relation,
         optional_choice(event, "relation", {"finetune", "adapter", "merge", "distill", "quantize", "init", "resume"}));
  WM_TRY(it.uri, optional_text(event, "uri"));
  WM_TRY(it.path, optional_text(event, "path"));
  if (it.kind.empty()) return event.fail("has no kind");
  if (it.uri.empty() && it.path.empty()) return event.fail("has neither uri nor path");
  return it;
}

Result<ReportEvent> plan(const JsonView& event) {
  WM_CHECK(event.only({"event", "steps", "epochs", "tokens"}));
  PlanEvent it;
  WM_TRY(it.steps, optional_count(event, "steps"));
  WM_TRY(it.epochs, optional_decimal(event, "epochs"));
  WM_TRY(it.tokens, optional_count(event, "tokens"));
  return it;
}

Result<ReportEvent> model(const JsonView& event) {
  WM_CHECK(event.only({"event", "parameters", "framework", "name"}));
  ModelEvent it;
  WM_TRY(it.parameters, optional_count(event, "parameters"));
  WM_TRY(it.framework, optional_text(event, "framework", kMaxName));
  WM_TRY(it.name, optional_text(event, "name"));
  return it;
}

Result<ReportEvent> modules(const JsonView& event) {
  WM_CHECK(event.only({"event", "distributions"}));
  WM_TRY(const JsonView list, event.member("distributions"));
  ModulesEvent it;
  WM_TRY(it.distributions, pairs(list, [](const JsonView& view) { return text_of(view, kMaxName); }));
  return it;
}

Result<Accelerators> accelerator(const JsonView& view) {
  WM_CHECK(view.only({"model", "count", "driver"}));
  Accelerators it;
  WM_TRY(it.model, optional_text(view, "model", kMaxName));
  WM_TRY(const auto count, optional_count(view, "count"));
  it.count = count.value_or(1);
  WM_TRY(it.driver, optional_text(view, "driver", kMaxName));
  return it;
}

Result<ReportEvent> hardware(const JsonView& event) {
  WM_CHECK(event.only({"event", "accelerators", "runtime"}));
  HardwareEvent it;
  WM_TRY(it.runtime, optional_text(event, "runtime", kMaxName));
  if (!event.has("accelerators")) return it;
  WM_TRY(const JsonItems items, event.find("accelerators")->array());
  if (items.size() > kMaxMembers) return event.fail("has too many accelerators");
  for (const JsonView item : items) {
    WM_TRY(Accelerators one, accelerator(item));
    it.accelerators.push_back(std::move(one));
  }
  return it;
}

Result<ReportEvent> world(const JsonView& event) {
  WM_CHECK(event.only({"event", "nodes", "ranks", "rank"}));
  WorldEvent it;
  WM_TRY(const auto nodes, optional_count(event, "nodes"));
  WM_TRY(const auto ranks, optional_count(event, "ranks"));
  WM_TRY(const auto rank, optional_count(event, "rank"));
  it = {nodes.value_or(1), ranks.value_or(1), rank.value_or(0)};
  return it;
}

Result<ReportEvent> checkpoint(const JsonView& event) {
  WM_CHECK(event.only({"event", "step", "path"}));
  CheckpointEvent it;
  WM_TRY(it.step, optional_count(event, "step"));
  WM_TRY(it.path, optional_text(event, "path"));
  return it;
}

Result<ReportEvent> end(const JsonView& event) {
  WM_CHECK(event.only({"event", "stopReason", "steps", "epochs", "tokens", "finalTrainLoss", "finalEvalLoss",
                       "bestEvalLoss", "bestEvalStep", "nanSteps"}));
  EndEvent it;
  WM_TRY(it.stop_reason,
         optional_choice(event, "stopReason", {"max_steps", "early_stop", "target", "interrupted", "error"}));
  WM_TRY(it.steps, optional_count(event, "steps"));
  WM_TRY(it.epochs, optional_decimal(event, "epochs"));
  WM_TRY(it.tokens, optional_count(event, "tokens"));
  WM_TRY(it.final_train_loss, optional_decimal(event, "finalTrainLoss"));
  WM_TRY(it.final_eval_loss, optional_decimal(event, "finalEvalLoss"));
  WM_TRY(it.best_eval_loss, optional_decimal(event, "bestEvalLoss"));
  WM_TRY(it.best_eval_step, optional_count(event, "bestEvalStep"));
  WM_TRY(it.nan_steps, optional_count(event, "nanSteps"));
  return it;
}

struct KnownEvent {
  std::string_view name;
  Result<ReportEvent> (*parse)(const JsonView&);
};

constexpr std::array<KnownEvent, 11> kEvents{{{"hyperparameters", hyperparameters},
                                              {"progress", progress},
                                              {"evaluation", evaluation},
                                              {"input", input},
                                              {"plan", plan},
                                              {"model", model},
                                              {"modules", modules},
                                              {"hardware", hardware},
                                              {"world", world},
                                              {"checkpoint", checkpoint},
                                              {"end", end}}};

// as_report gives what is wrong with the JSON itself the code of what it stands in.
template <class T>
Result<T> with_code(Result<T> result, ErrorCode code) {
  if (!result) result.error().code = code;
  return result;
}

}  // namespace

Result<ReportEvent> parse_report_line(std::string_view line) {
  if (line.size() > kMaxReportLine)
    return refuse(ErrorCode::kTrainingReport, fmt::format("a line has over {}", human_size(kMaxReportLine)));
  WM_TRY(const JsonDocument document,
         with_code(JsonDocument::parse(line, JsonLimits{.depth = 4}), ErrorCode::kTrainingReport));
  const JsonView event = document.root(ErrorCode::kTrainingReport);
  WM_TRY(const JsonView kind, event.member("event"));
  WM_TRY(const std::string_view name, kind.string());
  const auto* const known = std::ranges::find(kEvents, name, &KnownEvent::name);
  if (known == kEvents.end()) return kind.fail(fmt::format("\"{}\" is no event", excerpt(name)));
  return known->parse(event);
}

Result<JsonObject> parse_hyperparameters(std::string_view json, ErrorCode code) {
  WM_TRY(const JsonDocument document, with_code(JsonDocument::parse(json, JsonLimits{.depth = 4}), code));
  return scalars(document.root(code));
}

}  // namespace weightmark
