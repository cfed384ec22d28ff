#include "host/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace weightmark {
namespace {

using std::chrono::milliseconds;

std::vector<std::string> shell(const char* script) { return {"sh", "-c", script}; }

TEST(Program, TellsWhatWasSaid) {
  const auto answer = run_program(shell("echo out; echo err >&2; exit 3")).value().value();
  EXPECT_EQ(answer.status, 3);
  EXPECT_EQ(answer.output, "out\n");
  EXPECT_EQ(answer.errors, "err\n");
}

TEST(Program, GetsItsArgumentsAsTheyAreAndNoInput) {
  const auto answer = run_program({"sh", "-c", "cat; printf '[%s]' \"$@\"", "sh", "a b", "$(c)", ""}).value().value();
  EXPECT_EQ(answer.output, "[a b][$(c)][]");
}

TEST(Program, GetsNoDescriptorOfOurs) {
  const int open = ::open("/dev/null", O_RDONLY);  // as a caller leaves it: without O_CLOEXEC
  const int high = ::fcntl(open, F_DUPFD, 200);
  ASSERT_GE(high, 200);
  const std::string script = "[ -e /proc/self/fd/1 ] && [ ! -e /proc/self/fd/" + std::to_string(high) + " ]";
  EXPECT_EQ(run_program(shell(script.c_str())).value()->status, 0);
  ::close(high);
  ::close(open);
}

TEST(Program, MayBeMissing) { EXPECT_FALSE(run_program({"weightmark-has-no-such-program"}).value()); }

TEST(Program, TellsOfASignal) { EXPECT_EQ(run_program(shell("kill -9 $$")).value()->status, 137); }

TEST(Program, EndsWhenItIsAskedToStop) {
  std::atomic<bool> flag = false;
  const auto begin = std::chrono::steady_clock::now();
  std::jthread asks([&] {
    std::this_thread::sleep_for(milliseconds(100));
    flag = true;
  });
  const auto answer = run_program(shell("exec sleep 60"), Stop(&flag));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInterrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(Program, IsEndedWithItsChildren) {
  for (const char* script : {"sleep 60", "sleep 60 & wait", "yes", "yes >&2", "exec sleep 60 >/dev/null 2>&1"}) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = run_program(shell(script), {}, milliseconds(300));
    ASSERT_FALSE(answer) << script;
    EXPECT_EQ(answer.error().code, ErrorCode::kTokenSource) << script;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30)) << script;
  }
}

}  // namespace
}  // namespace weightmark
