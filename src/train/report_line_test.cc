#include "train/report_line.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

template <class Event>
Event parsed(std::string_view line) {
  const auto event = parse_report_line(line);
  EXPECT_TRUE(event) << line << ": " << describe(event.error());
  return event && std::holds_alternative<Event>(*event) ? std::get<Event>(*event) : Event{};
}

bool refused(std::string_view line) {
  const auto event = parse_report_line(line);
  return !event && event.error().code == ErrorCode::kTrainingReport;
}

TEST(ReportLine, ReadsHyperparametersAsTextsIntegersAndBooleans) {
  const auto event = parsed<HyperparametersEvent>(
      R"({"event":"hyperparameters","values":{"seed":7,"lr":0.5,"name":"adam","amp":true}})");
  EXPECT_EQ(event.values, (JsonObject{{"amp", true}, {"lr", "0.5"}, {"name", "adam"}, {"seed", 7}}));
}

TEST(ReportLine, ReadsProgress) {
  const auto event = parsed<ProgressEvent>(
      R"({"event":"progress","step":3,"epoch":"1.5","tokens":9,"loss":"nan","time":"2026-01-01T00:00:00Z"})");
  EXPECT_EQ(event.step, 3);
  EXPECT_EQ(event.epoch, "1.5");
  EXPECT_EQ(event.tokens, 9);
  EXPECT_EQ(event.loss, "nan");
  EXPECT_EQ(parsed<ProgressEvent>(R"({"event":"progress","step":0})").loss, "");
}

TEST(ReportLine, ReadsTheOtherEvents) {
  EXPECT_EQ(
      parsed<EvaluationEvent>(R"({"event":"evaluation","step":1,"name":"eval","metrics":{"loss":"1.2"}})").metrics,
      (std::vector<std::pair<std::string, std::string>>{{"loss", "1.2"}}));
  EXPECT_EQ(parsed<InputEvent>(R"({"event":"input","kind":"dataset","role":"train","uri":"hf://datasets/a/b"})").uri,
            "hf://datasets/a/b");
  EXPECT_EQ(parsed<PlanEvent>(R"({"event":"plan","steps":5,"epochs":"2.0"})").steps, 5);
  EXPECT_EQ(parsed<ModelEvent>(R"({"event":"model","parameters":10,"framework":"torch"})").parameters, 10);
  EXPECT_EQ(parsed<ModulesEvent>(R"({"event":"modules","distributions":{"torch":"2.8.0"}})").distributions.size(), 1U);
  const auto hardware = parsed<HardwareEvent>(
      R"({"event":"hardware","accelerators":[{"model":"H100","count":8,"driver":"575"}],"runtime":"cuda 12.8"})");
  EXPECT_EQ(hardware.accelerators, (std::vector<Accelerators>{{"H100", 8, "575"}}));
  EXPECT_EQ(parsed<WorldEvent>(R"({"event":"world","nodes":2,"ranks":16,"rank":3})").rank, 3);
  EXPECT_EQ(parsed<CheckpointEvent>(R"({"event":"checkpoint","step":5,"path":"out/5"})").path, "out/5");
  EXPECT_EQ(parsed<EndEvent>(R"({"event":"end","stopReason":"early_stop","finalTrainLoss":"1.5"})").stop_reason,
            "early_stop");
}

TEST(ReportLine, RefusesWhatItDoesNotKnow) {
  for (const char* line : {"",
                           "{",
                           "[]",
                           "7",
                           "{}",
                           R"({"event":7})",
                           R"({"event":"start"})",
                           R"({"event":"plan","stepz":5})",
                           R"({"event":"progress"})",
                           R"({"event":"progress","step":-1})",
                           R"({"event":"progress","step":1.5})",
                           R"({"event":"progress","step":1,"loss":2.5})",
                           R"({"event":"progress","step":1,"loss":"low"})",
                           R"({"event":"progress","step":1,"step":2})",
                           R"({"event":"progress","step":9007199254740993})",
                           R"({"event":"hyperparameters","values":{"a":[1]}})",
                           R"({"event":"hyperparameters","values":{"a":null}})",
                           R"({"event":"hyperparameters","values":{"":1}})",
                           R"({"event":"hyperparameters"})",
                           R"({"event":"input","kind":"video","uri":"x"})",
                           R"({"event":"input","kind":"dataset"})",
                           R"({"event":"input","uri":"x"})",
                           R"({"event":"input","kind":"dataset","role":"fun","uri":"x"})",
                           R"({"event":"end","stopReason":"bored"})",
                           R"({"event":"evaluation","metrics":{"loss":1}})",
                           R"({"event":"modules","distributions":{"a":{"b":{"c":{}}}}})"})
    EXPECT_TRUE(refused(line)) << line;
}

TEST(ReportLine, HasLimits) {
  EXPECT_TRUE(refused(std::string(kMaxReportLine + 1, ' ')));
  const std::string name(257, 'n');
  EXPECT_TRUE(refused(R"({"event":"hyperparameters","values":{")" + name + R"(":1}})"));
  EXPECT_TRUE(refused(R"({"event":"hyperparameters","values":{"a":")" + std::string(4097, 'x') + R"("}})"));
  EXPECT_TRUE(refused(R"({"event":"progress","step":1,"loss":")" + std::string(65, '1') + R"("})"));
}

TEST(Hyperparameters, AreAnObjectOfScalars) {
  EXPECT_EQ(parse_hyperparameters(R"({"lr":1e-5})", ErrorCode::kTrainingHyperparameters).value(),
            (JsonObject{{"lr", "1e-05"}}));
  for (const char* text : {"", "[]", R"({"a":{}})", R"({"a":null})", "{}}"})
    EXPECT_EQ(parse_hyperparameters(text, ErrorCode::kTrainingHyperparameters).error().code,
              ErrorCode::kTrainingHyperparameters)
        << text;
}

}  // namespace
}  // namespace weightmark
