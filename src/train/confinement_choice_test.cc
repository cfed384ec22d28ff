// Which tier is taken, and what is refused before anything runs.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>

#include "train/confinement_testing.h"
#include "train/signal_relay.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ConfinementChoiceTest : public ConfinementTest {
 protected:
  ErrorCode code(const std::vector<std::string>& command = {"true"}) const {
    const auto run = run_confined(command, confinement_);
    return run ? ErrorCode::kInternal : run.error().code;
  }
};

TEST_F(ConfinementChoiceTest, TakesLessWhereLessIsAskedFor) {
  want(Person::kRoot);
  confinement_.strongest = Tier::kNamespaces;
  const CommandOutcome unobserved = run(Person::kRoot, {"id", "-u"});
  EXPECT_EQ(tier_letter(unobserved.run.facts), "B") << unobserved.reason;
  EXPECT_EQ(unobserved.output, "0\n");
  EXPECT_TRUE(unobserved.run.opened.empty());
  confinement_.strongest = Tier::kLandlock;
  const CommandOutcome without_view = run(Person::kRoot, {"id", "-u"});
  EXPECT_EQ(tier_letter(without_view.run.facts), "C") << without_view.reason;
  EXPECT_EQ(without_view.output, "0\n");
}

TEST_F(ConfinementChoiceTest, TakesNoLessThanIsAskedFor) {
  want(Person::kUser);
  confinement_.least = Tier::kObserved;
  const CommandOutcome user = run(Person::kUser, {"true"});
  EXPECT_EQ(user.error, ErrorCode::kConfinementUnavailable);
  EXPECT_THAT(user.reason, HasSubstr("Operation not permitted"));
  confinement_.least = Tier::kNamespaces;
  const CommandOutcome container = run(Person::kContainer, {"true"});
  EXPECT_EQ(container.error, ErrorCode::kConfinementUnavailable);
  EXPECT_THAT(container.reason, HasSubstr("no namespaces"));
}

TEST_F(ConfinementChoiceTest, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(code({}), ErrorCode::kUsage);
  EXPECT_EQ(code({""}), ErrorCode::kUsage);
  EXPECT_EQ(code({std::string("a\0b", 3)}), ErrorCode::kUsage);
  confinement_.strongest = Tier::kLandlock;
  confinement_.least = Tier::kObserved;
  EXPECT_EQ(code(), ErrorCode::kUsage);
}

TEST_F(ConfinementChoiceTest, RefusesPlacesThatAreEverything) {
  for (const char* place : {"/", "/dev", "/tmp", "/dev/shm", "/dev/null", "/proc/self", "/sys/kernel"}) {
    confinement_.readable = {place};
    EXPECT_EQ(code(), ErrorCode::kUsage) << place;
  }
}

TEST_F(ConfinementChoiceTest, RefusesOutputsThatWouldChangeInputs) {
  fs::create_directory(at("in/out"));
  confinement_.outputs = {at("in/out")};
  EXPECT_EQ(code(), ErrorCode::kUsage);
  confinement_.outputs = {at("secret")};
  EXPECT_EQ(code(), ErrorCode::kUsage);
}

TEST_F(ConfinementChoiceTest, RefusesToHideWhatMayBeWritten) {
  std::ofstream(at("out/key")) << "key";
  confinement_.hidden = {at("out/key")};
  EXPECT_EQ(code(), ErrorCode::kUsage);
}

TEST_F(ConfinementChoiceTest, RefusesWhatIsNotThere) {
  confinement_.inputs = {at("missing")};
  EXPECT_EQ(code(), ErrorCode::kFileNotFound);
  fs::create_symlink("circle", at("circle"));
  confinement_.inputs = {at("circle")};
  EXPECT_EQ(code(), ErrorCode::kReadFailed);
  confinement_.inputs = {at("in")};
  confinement_.folder = at("secret");
  EXPECT_EQ(code(), ErrorCode::kFileNotFound);
}

TEST_F(ConfinementChoiceTest, RunsOneAtATime) {
  want(Person::kContainer);
  const auto signals = SignalRelay::open();
  ASSERT_TRUE(signals);
  EXPECT_EQ(code(), ErrorCode::kConfinementFailed);
}

TEST_F(ConfinementChoiceTest, EndsWhenItIsToStop) {
  want(Person::kContainer);
  const std::atomic<bool> stop{true};
  const auto run = run_confined({"sleep", "600"}, confinement_, &stop);
  ASSERT_TRUE(run) << describe(run.error());
  ASSERT_TRUE(WIFSIGNALED(run->wait_status));
  EXPECT_EQ(WTERMSIG(run->wait_status), SIGTERM);
}

TEST_F(ConfinementChoiceTest, GivesTheHandlersOfSignalsBack) {
  want(Person::kContainer);
  struct sigaction mine{};
  mine.sa_handler = [](int) {};
  struct sigaction before{};
  ::sigaction(SIGUSR2, &mine, &before);
  ASSERT_TRUE(run_confined({"true"}, confinement_));
  struct sigaction after{};
  ::sigaction(SIGUSR2, &before, &after);
  EXPECT_EQ(after.sa_handler, mine.sa_handler);
}

TEST_F(ConfinementChoiceTest, SeesTheEndThoughDeathsOfChildrenAreIgnored) {
  want(Person::kContainer);
  before_ = [] { ::signal(SIGCHLD, SIG_IGN); };
  EXPECT_EQ(shell_status(run(Person::kContainer, {"sh", "-c", "exit 7"}).run.wait_status), 7);
}

// What nohup does must reach the command.
TEST_F(ConfinementChoiceTest, LeavesIgnoredSignalsIgnored) {
  want(Person::kContainer);
  before_ = [] { ::signal(SIGHUP, SIG_IGN); };
  const CommandOutcome outcome = run(Person::kContainer, {"grep", "SigIgn", "/proc/self/status"});
  EXPECT_TRUE(outcome.says("0001\n")) << outcome.output;
}

}  // namespace
}  // namespace weightmark
