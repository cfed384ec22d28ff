#include "read/unit_ledger.h"

#include <utility>

namespace weightmark {

UnitLedger::State UnitLedger::claim(std::uint64_t unit) {
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[unit];
  settled_.wait(lock, [&] { return slot.state != State::kBusy; });
  return slot.state == State::kNew ? std::exchange(slot.state, State::kBusy) : slot.state;
}

// Whoever waits for another unit is woken for nothing, which is cheap beside
// verifying one.
void UnitLedger::settle(std::uint64_t unit, State state) {
  {
    const std::lock_guard lock(mutex_);
    slots_[unit].state = state;
  }
  settled_.notify_all();
}

Result<const Groups*> UnitLedger::groups_of(std::uint64_t unit, const std::function<Result<Groups>()>& verify) {
  const State state = claim(unit);
  if (state == State::kVerified) return &slots_[unit].groups;
  if (state == State::kRefused) {
    const std::lock_guard lock(mutex_);
    return std::unexpected(refusals_.at(unit));
  }
  // Settled on every way out, also when memory runs out: others wait for it.
  struct Turn {
    UnitLedger& ledger;
    std::uint64_t unit;
    State outcome = State::kNew;
    ~Turn() { ledger.settle(unit, outcome); }
  } turn{*this, unit};
  Result<Groups> groups = verify();
  if (groups) {
    slots_[unit].groups = *std::move(groups);
    turn.outcome = State::kVerified;
    return &slots_[unit].groups;
  }
  if (code_class(groups.error().code) == ErrorClass::kRefused) {
    const std::lock_guard lock(mutex_);
    refusals_.emplace(unit, groups.error());
    turn.outcome = State::kRefused;
  }
  return std::unexpected(std::move(groups).error());
}

}  // namespace weightmark
