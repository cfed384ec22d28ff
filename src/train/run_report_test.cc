#include "train/run_report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace weightmark {
namespace {

namespace fs = std::filesystem;

ProcessReport process(std::string name, std::string_view text) {
  return parse_process_report(std::move(name), text).value();
}

RunReport merged(std::vector<std::pair<std::string, std::string>> files) {
  std::vector<ProcessReport> reports;
  for (auto& [name, text] : files) reports.push_back(process(name, text));
  return merge_reports(std::move(reports));
}

constexpr const char* kWorld0 = R"({"event":"world","nodes":1,"ranks":2,"rank":0})"
                                "\n";
constexpr const char* kWorld1 = R"({"event":"world","nodes":1,"ranks":2,"rank":1})"
                                "\n";

std::string progress(int step, std::string_view loss) {
  return fmt::format(R"({{"event":"progress","step":{},"loss":"{}"}})"
                     "\n",
                     step, loss);
}

TEST(RunReport, IsEmptyWithoutLines) {
  EXPECT_TRUE(merged({}).empty());
  EXPECT_TRUE(merged({{"a", "\n\n"}}).empty());
}

TEST(RunReport, BelievesRankZero) {
  const RunReport report = merged({{"a", kWorld1 + progress(9, "9.0")}, {"b", kWorld0 + progress(3, "3.0")}});
  EXPECT_EQ(report.ranks, 2);
  EXPECT_EQ(report.summary->steps_completed, 3);
  EXPECT_EQ(report.summary->final_train_loss, "3.0");
}

TEST(RunReport, TakesTheFirstWithProgressWhereNobodySaysItsRank) {
  const RunReport report = merged({{"b", progress(2, "2.0")},
                                   {"a", R"({"event":"plan","steps":4})"
                                         "\n"},
                                   {"c", progress(8, "8.0")}});
  EXPECT_EQ(report.summary->steps_completed, 2);
  EXPECT_EQ(report.summary->steps_planned, 4);
}

TEST(RunReport, LetsLaterValuesWin) {
  const RunReport report = merged({{"a", R"({"event":"hyperparameters","values":{"lr":"1","x":1}})"
                                         "\n"
                                         R"({"event":"hyperparameters","values":{"lr":"2"}})"
                                         "\n"}});
  EXPECT_EQ(report.hyperparameters, (JsonObject{{"lr", "2"}, {"x", 1}}));
}

TEST(RunReport, FillsInWhatTheEndDoesNotSay) {
  std::string text = kWorld0 + progress(1, "3.0") + progress(2, "nan") + progress(3, "1.0");
  text += R"({"event":"evaluation","step":2,"name":"eval","metrics":{"loss":"0.5"}})"
          "\n";
  text += R"({"event":"evaluation","step":3,"name":"eval","metrics":{"loss":"0.7","accuracy":"0.9"}})"
          "\n";
  text += R"({"event":"checkpoint","step":3,"path":"out/3"})"
          "\n";
  text += R"({"event":"end","stopReason":"max_steps"})"
          "\n";
  const TrainingSummary summary = merged({{"a", text}}).summary.value();
  EXPECT_EQ(summary.final_train_loss, "1.0");
  EXPECT_EQ(summary.final_eval_loss, "0.7");
  EXPECT_EQ(summary.best_eval_loss, "0.5");
  EXPECT_EQ(summary.best_eval_step, 2);
  EXPECT_EQ(summary.nan_steps, 1);
  EXPECT_EQ(summary.checkpoints, 1);
  EXPECT_EQ(summary.loss_curve, (std::vector<std::string>{"3.0", "nan", "1.0"}));
  EXPECT_EQ(summary.evaluation,
            (std::vector<std::pair<std::string, std::string>>{{"eval.accuracy", "0.9"}, {"eval.loss", "0.7"}}));
  EXPECT_EQ(summary.stop_reason, "max_steps");
}

TEST(RunReport, ThinsTheLossCurve) {
  std::string text = kWorld0;
  for (int i = 0; i < 1000; ++i) text += progress(i, std::to_string(i));
  const TrainingSummary summary = merged({{"a", text}}).summary.value();
  ASSERT_EQ(summary.loss_curve.size(), kMaxLossCurve);
  EXPECT_EQ(summary.loss_curve.front(), "0");
  EXPECT_EQ(summary.loss_curve.back(), "999");
}

TEST(RunReport, PassesOverALineThatWasCutOff) {
  EXPECT_EQ(process("a", progress(1, "1.0") + R"({"event":"progr)").events.size(), 1U);
}

TEST(RunReport, NamesTheLineThatIsWrong) {
  const auto report = parse_process_report("a.jsonl", progress(1, "1.0") + "nonsense\n");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kTrainingReport);
  EXPECT_TRUE(report.error().subject.starts_with("a.jsonl:2")) << report.error().subject;
}

class RunReportFolder : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  ErrorCode code() const {
    const auto report = read_run_report(folder_);
    return report ? ErrorCode::kInternal : report.error().code;
  }

  fs::path folder_ = fs::temp_directory_path() / ("weightmark-report-" + std::to_string(::getpid()));
};

TEST_F(RunReportFolder, ReadsEveryFileOfLines) {
  std::ofstream(folder_ / "rank0.jsonl") << kWorld0 << progress(1, "1.0");
  std::ofstream(folder_ / "rank1.jsonl") << kWorld1;
  std::ofstream(folder_ / "notes.txt") << "nonsense";
  EXPECT_EQ(read_run_report(folder_).value().summary->steps_completed, 1);
}

TEST_F(RunReportFolder, FollowsNoLinksAndWaitsOnNoPipes) {
  std::ofstream(folder_ / "target") << kWorld0;
  fs::create_symlink("target", folder_ / "a.jsonl");
  EXPECT_EQ(code(), ErrorCode::kTrainingReport);
  fs::remove(folder_ / "a.jsonl");
  ASSERT_EQ(::mkfifo((folder_ / "b.jsonl").c_str(), 0600), 0);
  EXPECT_EQ(code(), ErrorCode::kTrainingReport);
}

TEST_F(RunReportFolder, HasALimitOfSize) {
  std::ofstream(folder_ / "a.jsonl") << "\n";
  fs::resize_file(folder_ / "a.jsonl", kMaxReportFile + 1);
  EXPECT_EQ(code(), ErrorCode::kTrainingReport);
}

}  // namespace
}  // namespace weightmark
