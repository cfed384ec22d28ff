#include "train/signal_relay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/refuse.h"

namespace weightmark {
namespace {

std::atomic<int> relay_end{-1};
static_assert(std::atomic<int>::is_always_lock_free);

// A signal of the terminal's comes from the kernel, one of a process's does not. What is
// written is smaller than PIPE_BUF, so it arrives whole.
void relay(int number, siginfo_t* info, void* /*context*/) {
  const int before = errno;
  const std::array<int, 2> words{number, info->si_code == SI_KERNEL ? 1 : 0};
  if (const int end = relay_end.load(); end >= 0) (void)!::write(end, words.data(), sizeof words);
  errno = before;
}

}  // namespace

Result<SignalRelay> SignalRelay::open() {
  SignalRelay out;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return refuse(ErrorCode::kConfinementFailed, fmt::format("no pipe for signals: {}", std::strerror(errno)));
  out.read_ = Fd(ends[0]);
  out.write_ = Fd(ends[1]);
  int none = -1;
  if (!relay_end.compare_exchange_strong(none, ends[1])) {
    out.write_.reset();
    out.read_.reset();
    return refuse(ErrorCode::kConfinementFailed, "another command is running confined");
  }
  struct sigaction action{};
  action.sa_sigaction = relay;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  ::sigfillset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &out.before_[i]);
    if (out.before_[i].sa_handler != SIG_IGN) ::sigaction(kSignals[i], &action, nullptr);
  }
  return out;
}

SignalRelay::SignalRelay(SignalRelay&& other) noexcept
    : read_(std::move(other.read_)), write_(std::move(other.write_)), before_(other.before_) {}

SignalRelay::~SignalRelay() {
  if (!write_) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  relay_end.store(-1);
}

std::optional<RelayedSignal> SignalRelay::take() {
  std::array<int, 2> words{};
  if (::read(read_.get(), words.data(), sizeof words) != static_cast<ssize_t>(sizeof words)) return std::nullopt;
  return RelayedSignal{words[0], words[1] != 0};
}

}  // namespace weightmark
