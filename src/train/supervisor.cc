#include "train/supervisor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>

#include "base/refuse.h"
#include "base/try.h"
#include "train/kernel_interface.h"
#include "train/signal_relay.h"

namespace weightmark {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFirstFree = 3;  // descriptors below are the command's
constexpr int kPollMilliseconds = 100;
// Events of files that are only read are left to gather: to be woken for each would cost
// more than the event.
constexpr int kRestMilliseconds = 10;
constexpr std::chrono::seconds kGrace{10};

const char* name_of(Stage stage) {
  switch (stage) {
    case Stage::kStart: return "the first process cannot be set up";
    case Stage::kMounts: return "mounts cannot be made private";
    case Stage::kTrees: return "cannot be shown in another view";
    case Stage::kRoot: return "no new root can be made";
    case Stage::kPlace: return "cannot be placed in the new root";
    case Stage::kProcesses: return "no /proc can be made";
    case Stage::kPivot: return "the new root cannot be entered";
    case Stage::kFolder: return "the command cannot start in its folder";
    case Stage::kLoopback: return "the loopback interface cannot be raised";
    case Stage::kFork: return "no process can be made";
    case Stage::kRights: return "rights cannot be given up";
    case Stage::kRules: return "Landlock's rules cannot be set";
    case Stage::kFilter: return "system calls cannot be filtered";
  }
  return "";
}

std::string subject_of(const InsidePlan& plan, const Message& message) {
  const auto index = static_cast<std::size_t>(message.detail);
  const bool is_step = message.stage == Stage::kTrees || message.stage == Stage::kPlace;
  if (is_step && index < plan.steps.size()) return plan.steps[index].path;
  if (message.stage == Stage::kRules && index < plan.rules.size()) return plan.rules[index].path;
  return message.stage == Stage::kFolder ? plan.folder : std::string();
}

std::unexpected<Error> failed(const InsidePlan& plan, const Message& message) {
  return refuse(ErrorCode::kConfinementUnavailable,
                fmt::format("{}: {}", name_of(message.stage), std::strerror(message.value)), subject_of(plan, message));
}

bool write_text(const std::string& path, const std::string& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// In a user namespace of their own the processes have the same number of user and group as
// outside, and no other (user_namespaces(7)).
bool map_ids(pid_t process) {
  const std::string folder = fmt::format("/proc/{}/", process);
  return write_text(folder + "setgroups", "deny") &&
         write_text(folder + "uid_map", fmt::format("{0} {0} 1", ::geteuid())) &&
         write_text(folder + "gid_map", fmt::format("{0} {0} 1", ::getegid()));
}

class Supervisor {
 public:
  Supervisor(InsidePlan& plan, OpenObserver* observer, const std::atomic<bool>* stop, SignalRelay signals)
      : plan_(plan), observer_(observer), stop_(stop), signals_(std::move(signals)) {}
  Supervisor(const Supervisor&) = delete;

  // Nothing is left behind, whatever went wrong.
  ~Supervisor() {
    control_.reset();
    if (process_ > 0) wait_for_death();
  }

  Result<void> start(unsigned long namespaces) {
    WM_TRY(Fd theirs, make_socket());
    plan_.control = theirs.get();
    sigset_t all{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &plan_.signals);
    process_ = static_cast<pid_t>(::syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
    if (process_ == 0) be_first_process(plan_);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &plan_.signals, nullptr);
    if (process_ < 0 && (error == EAGAIN || error == ENOMEM))
      return refuse(ErrorCode::kConfinementFailed, fmt::format("no process can be made: {}", std::strerror(error)));
    if (process_ < 0)
      return refuse(ErrorCode::kConfinementUnavailable, fmt::format("no namespaces: {}", std::strerror(error)));
    if ((namespaces & kernel::kNewUsers) != 0 && !map_ids(process_))
      return refuse(ErrorCode::kConfinementUnavailable, fmt::format("no user namespace: {}", std::strerror(errno)));
    return {};
  }

  Result<Ended> finish(const std::vector<std::string>& temporary) {
    tell(control_.get(), {Message::Kind::kGo});
    WM_CHECK(wait_until_ready());
    if (observer_ != nullptr) WM_CHECK(observer_->watch(process_, temporary));
    tell(control_.get(), {Message::Kind::kGo});
    while (control_) turn();
    const int death = wait_for_death();
    if (observer_ != nullptr) {
      observer_->take_written();
      observer_->take_read();
    }
    if (failure_) return failed(plan_, *failure_);
    // Somebody killed the first process, and with it the command.
    if (!ended_) return Ended{death, not_started_};
    return Ended{ended_->value, not_started_};
  }

 private:
  Result<Fd> make_socket() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
      return refuse(ErrorCode::kConfinementFailed, fmt::format("no socket: {}", std::strerror(errno)));
    const Fd ours(ends[0]);
    const Fd theirs(ends[1]);
    control_ = Fd(::fcntl(ours.get(), F_DUPFD_CLOEXEC, kFirstFree));
    Fd out(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, kFirstFree));
    if (!control_ || !out)
      return refuse(ErrorCode::kConfinementFailed, fmt::format("no descriptor: {}", std::strerror(errno)));
    return out;
  }

  // hear takes a message, if there is one; the end of them closes the socket.
  std::optional<Message> hear(int flags) {
    Message message{};
    ssize_t size = 0;
    do size = ::recv(control_.get(), &message, sizeof message, flags);
    while (size < 0 && errno == EINTR);
    if (size == static_cast<ssize_t>(sizeof message)) return message;
    if (size >= 0 || errno != EAGAIN) control_.reset();
    return std::nullopt;
  }

  Result<void> wait_until_ready() {
    const std::optional<Message> message = hear(0);
    if (message && message->kind == Message::Kind::kReady) return {};
    if (message && message->kind == Message::Kind::kFailed) return failed(plan_, *message);
    return refuse(ErrorCode::kConfinementUnavailable, "the first process died while it was set up");
  }

  void take(const Message& message) {
    switch (message.kind) {
      case Message::Kind::kFailed: failure_ = message; break;
      case Message::Kind::kNotStarted: not_started_ = std::strerror(message.value); break;
      case Message::Kind::kEnded: ended_ = message; break;
      default: break;
    }
  }

  // turn waits for whatever comes next.
  void turn() {
    constexpr int kNone = -1;
    const bool reads = observer_ != nullptr && !resting_;
    std::array<pollfd, 4> waiting{{{control_.get(), POLLIN, 0},
                                   {signals_.descriptor(), POLLIN, 0},
                                   {observer_ != nullptr ? observer_->written_descriptor() : kNone, POLLIN, 0},
                                   {reads ? observer_->read_descriptor() : kNone, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), resting_ ? kRestMilliseconds : stop_ != nullptr ? kPollMilliseconds : kNone);
    if (waiting[2].revents != 0) observer_->take_written();
    resting_ = waiting[3].revents != 0;
    if (resting_) observer_->take_read();
    while (const auto signal = signals_.take())
      tell(control_.get(), {Message::Kind::kSignal, signal->number, signal->from_terminal ? 1 : 0});
    heed_stop();
    while (control_)
      if (const auto message = hear(MSG_DONTWAIT))
        take(*message);
      else
        break;
  }

  void heed_stop() {
    if (stop_ == nullptr || !stop_->load()) return;
    if (!stopped_) {
      stopped_ = Clock::now();
      tell(control_.get(), {Message::Kind::kSignal, SIGTERM, 0});
    } else if (Clock::now() - *stopped_ > kGrace) {
      tell(control_.get(), {Message::Kind::kKill});
    }
  }

  // The first process of a namespace is not dead before all others in it are.
  int wait_for_death() {
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {}
    process_ = 0;
    return status;
  }

  InsidePlan& plan_;
  OpenObserver* observer_;
  const std::atomic<bool>* stop_;
  SignalRelay signals_;
  Fd control_;
  pid_t process_ = 0;
  std::optional<Message> failure_;
  std::optional<Message> ended_;
  std::string not_started_;
  bool resting_ = false;
  std::optional<Clock::time_point> stopped_;
};

}  // namespace

Result<Ended> supervise(InsidePlan& plan, unsigned long namespaces, OpenObserver* observer,
                        const std::vector<std::string>& temporary, const std::atomic<bool>* stop) {
  WM_TRY(SignalRelay signals, SignalRelay::open());
  Supervisor supervisor(plan, observer, stop, std::move(signals));
  WM_CHECK(supervisor.start(namespaces));
  return supervisor.finish(temporary);
}

}  // namespace weightmark
