#include "read/unit_ledger.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::code_of;

Groups groups_with(std::uint8_t byte) { return {TreeNode{byte}}; }

std::function<Result<Groups>()> failing(ErrorCode code) {
  return [code]() -> Result<Groups> { return std::unexpected(Error{code, "failed", "w", {}}); };
}

Result<Groups> never() {
  ADD_FAILURE() << "verified a second time";
  return Groups{};
}

TEST(UnitLedger, VerifiesEachUnitOnce) {
  UnitLedger ledger(2);
  EXPECT_EQ(**ledger.groups_of(1, [] { return groups_with(1); }), groups_with(1));
  EXPECT_EQ(**ledger.groups_of(0, [] { return groups_with(2); }), groups_with(2));
  EXPECT_EQ(**ledger.groups_of(1, never), groups_with(1));
}

TEST(UnitLedger, KeepsARefusal) {
  UnitLedger ledger(2);
  EXPECT_EQ(code_of(ledger.groups_of(0, failing(ErrorCode::kFileMismatch))), "file-mismatch");
  EXPECT_EQ(code_of(ledger.groups_of(0, never)), "file-mismatch");
  EXPECT_EQ(code_of(ledger.groups_of(1, [] { return groups_with(1); })), "ok");
}

TEST(UnitLedger, TriesAgainWhatCouldNotBeLookedAt) {
  UnitLedger ledger(1);
  EXPECT_EQ(code_of(ledger.groups_of(0, failing(ErrorCode::kReadFailed))), "read-failed");
  EXPECT_EQ(code_of(ledger.groups_of(0, failing(ErrorCode::kInterrupted))), "interrupted");
  EXPECT_EQ(code_of(ledger.groups_of(0, [] { return groups_with(1); })), "ok");
}

TEST(UnitLedger, IsNotBlockedByAnException) {
  UnitLedger ledger(1);
  auto out_of_memory = []() -> Result<Groups> { throw std::bad_alloc(); };
  EXPECT_THROW((void)ledger.groups_of(0, out_of_memory), std::bad_alloc);
  EXPECT_EQ(code_of(ledger.groups_of(0, [] { return groups_with(1); })), "ok");
}

TEST(UnitLedger, LetsOneThreadVerifyWhileOthersWait) {
  constexpr std::uint64_t kUnits = 50;
  UnitLedger ledger(kUnits);
  std::array<std::atomic<int>, kUnits> calls{};
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kUnits; ++i) {
        const std::uint64_t unit = (i * 7 + t * 13) % kUnits;
        auto groups = ledger.groups_of(unit, [&] {
          ++calls[unit];
          std::this_thread::yield();
          return groups_with(static_cast<std::uint8_t>(unit));
        });
        if (!groups || **groups != groups_with(static_cast<std::uint8_t>(unit))) ++wrong;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  for (const auto& count : calls) EXPECT_EQ(count, 1);
}

// The first of them is stopped; the next takes its turn.
TEST(UnitLedger, PassesTheTurnOnWhenOneIsStopped) {
  UnitLedger ledger(1);
  std::atomic<int> calls = 0;
  std::atomic<int> stopped = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      auto groups = ledger.groups_of(0, [&]() -> Result<Groups> {
        if (calls++ == 0) return failing(ErrorCode::kInterrupted)();
        return groups_with(1);
      });
      if (!groups) ++stopped;
    });
  }
  threads.clear();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(stopped, 1);
}

}  // namespace
}  // namespace weightmark
