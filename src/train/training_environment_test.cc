#include "train/training_environment.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weightmark {
namespace {

const Variables kCaller{{"PATH", "/bin"},
                        {"HOME", "/home/somebody"},
                        {"LC_ALL", "C"},
                        {"EDITOR", "vi"},
                        {"WANDB_API_KEY", "key-of-wandb"},
                        {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "token-of-actions"},
                        {"SEED", "7"},
                        {"SHORT_TOKEN", "1"}};

TrainingEnvironment make(const EnvironmentOptions& options) { return make_environment(kCaller, options, "/h").value(); }

ErrorCode refusal(const EnvironmentOptions& options) {
  const auto made = make_environment(kCaller, options, "/h");
  return made ? ErrorCode::kInternal : made.error().code;
}

TEST(TrainingEnvironment, HasWhatIsListedAndNothingElse) {
  EXPECT_EQ(make({}).command, (Variables{{"HOME", "/h"}, {"LC_ALL", "C"}, {"PATH", "/bin"}}));
  EXPECT_TRUE(make({}).recorded.empty());
}

TEST(TrainingEnvironment, RecordsWhatIsAskedFor) {
  const TrainingEnvironment environment = make({{"SEED", "MODE=fast", "ABSENT"}, {}});
  EXPECT_EQ(environment.recorded, (Variables{{"MODE", "fast"}, {"SEED", "7"}}));
  EXPECT_EQ(environment.command.size(), 5U);
}

TEST(TrainingEnvironment, PassesWithoutRecording) {
  const TrainingEnvironment environment = make({{}, {"WANDB_API_KEY"}});
  EXPECT_TRUE(std::ranges::count(environment.command, Variables::value_type{"WANDB_API_KEY", "key-of-wandb"}) == 1);
  EXPECT_TRUE(environment.recorded.empty());
}

TEST(TrainingEnvironment, KnowsSecretsOfTheCaller) {
  std::vector<std::string> secrets = make({}).secrets;
  std::ranges::sort(secrets);
  EXPECT_EQ(secrets, (std::vector<std::string>{"key-of-wandb", "token-of-actions"}));
}

TEST(TrainingEnvironment, RefusesCredentialsAndWhatIsNoName) {
  EXPECT_EQ(refusal({{"WANDB_API_KEY"}, {}}), ErrorCode::kUsage);
  EXPECT_EQ(refusal({{}, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN"}}), ErrorCode::kUsage);
  EXPECT_EQ(refusal({{}, {"SSH_AUTH_SOCK"}}), ErrorCode::kUsage);
  EXPECT_EQ(refusal({{"LD_PRELOAD=x.so"}, {}}), ErrorCode::kUsage);
  EXPECT_EQ(refusal({{"1A"}, {}}), ErrorCode::kUsage);
  EXPECT_EQ(refusal({{"A=\xff"}, {}}), ErrorCode::kUsage);
}

TEST(TrainingEnvironment, KnowsCredentialsByName) {
  for (const char* name : {"AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "hf_token", "DB_PASSWORD", "SSH_AUTH_SOCK"})
    EXPECT_TRUE(is_credential(name)) << name;
  for (const char* name : {"AWS_REGION", "PATH", "SEED", "TOKENIZERS_PARALLELISM", "MAX_TOKENS"})
    EXPECT_FALSE(is_credential(name)) << name;
}

}  // namespace
}  // namespace weightmark
