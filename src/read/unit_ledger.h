// Which units of a file are verified: each once, by whichever thread comes first.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "read/units.h"
#include "weightmark/error.h"

namespace weightmark {

// UnitLedger has an entry for each unit of a file. Threads may use it at once.
class UnitLedger {
 public:
  explicit UnitLedger(std::uint64_t units) : slots_(units) {}

  // groups_of returns the groups of a verified unit, which stay where they are as
  // long as the ledger. The first thread to ask runs `verify`, while others that ask
  // for the same unit wait. A refusal stays; what could not be looked at, for a read
  // error or a stop, is tried again by the next thread.
  // Errors: those of `verify`.
  Result<const Groups*> groups_of(std::uint64_t unit, const std::function<Result<Groups>()>& verify);

 private:
  enum class State : std::uint8_t { kNew, kBusy, kVerified, kRefused };

  struct Slot {
    State state = State::kNew;
    Groups groups;
  };

  // claim returns the state of the unit, which is never kBusy. What was kNew is
  // kBusy from then on, until this thread settles it.
  State claim(std::uint64_t unit);
  void settle(std::uint64_t unit, State state);

  std::mutex mutex_;
  std::condition_variable settled_;
  std::vector<Slot> slots_;
  std::map<std::uint64_t, Error> refusals_;
};

}  // namespace weightmark
