// Signals that the caller gets while a command runs, and that are the command's.
#pragma once

#include <signal.h>

#include <array>
#include <optional>

#include "base/file.h"
#include "weightmark/error.h"

namespace weightmark {

struct RelayedSignal {
  int number;
  bool from_terminal;  // then the command has it as well
};

// SignalRelay takes the process's signals to terminate into a pipe while it lives,
// whichever thread they reach, and gives the handlers of before their place back. Those
// that were ignored stay so. There is one at a time.
class SignalRelay {
 public:
  // Errors: confinement-failed.
  static Result<SignalRelay> open();
  ~SignalRelay();
  SignalRelay(SignalRelay&& other) noexcept;
  SignalRelay& operator=(SignalRelay&&) = delete;

  // descriptor is ready to be read from when there is a signal.
  int descriptor() const { return read_.get(); }
  std::optional<RelayedSignal> take();

 private:
  static constexpr std::array kSignals{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

  SignalRelay() = default;

  Fd read_;
  Fd write_;
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace weightmark
