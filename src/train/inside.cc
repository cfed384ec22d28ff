#include "train/inside.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

namespace weightmark {
namespace {

constexpr int kControl = 3;  // where our end of the socket is; all above is closed

void close_from(unsigned first) {
  if (::syscall(kernel::kCloseRange, first, ~0U, 0) == 0) return;
  constexpr unsigned kMost = 65536;  // where a container's filter does not know the call
  for (unsigned fd = first; fd < kMost; ++fd) ::close(static_cast<int>(fd));
}

// keep_standard_descriptors gives those that the caller was started without a place to lead
// to, so that no file of the command's becomes its output. The caller's own files that came
// to be there would close at exec.
void keep_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) continue;
    const int null = ::open("/dev/null", O_RDWR);
    if (null == fd) continue;
    ::dup2(null, fd);
    ::close(null);
  }
}

void settle_descriptors(InsidePlan& plan) {
  keep_standard_descriptors();
  if (plan.control != kControl && ::dup3(plan.control, kControl, O_CLOEXEC) < 0) ::_exit(1);
  plan.control = kControl;
  close_from(kControl + 1);
}

// hear waits for a message; false when the caller is gone.
bool hear(int control, Message& message) {
  while (true) {
    const ssize_t size = ::recv(control, &message, sizeof message, 0);
    if (size == static_cast<ssize_t>(sizeof message)) return true;
    if (size < 0 && errno == EINTR) continue;
    return false;
  }
}

void wait_for_go(const InsidePlan& plan) {
  Message message{Message::Kind::kReady};
  if (!hear(plan.control, message) || message.kind != Message::Kind::kGo) ::_exit(1);
}

// A new network namespace has its loopback interface down.
void raise_loopback(const InsidePlan& plan) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", sizeof "lo");
  if (socket < 0 || ::ioctl(socket, SIOCGIFFLAGS, &request) != 0) give_up(plan, Stage::kLoopback, errno);
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket, SIOCSIFFLAGS, &request) != 0) give_up(plan, Stage::kLoopback, errno);
  ::close(socket);
}

// FirstProcess waits for the command, for its other children, which come to it when their
// parents die, and for the caller.
class FirstProcess {
 public:
  explicit FirstProcess(InsidePlan& plan) : plan_(plan) {}

  [[noreturn]] void live() {
    sigset_t children{};
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    const int deaths = ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    if (deaths < 0) give_up(plan_, Stage::kFork, errno);
    command_ = raw_fork();
    if (command_ < 0) give_up(plan_, Stage::kFork, errno);
    if (command_ == 0) be_command(plan_);
    while (true) {
      std::array<pollfd, 2> waiting{{{plan_.control, POLLIN, 0}, {deaths, POLLIN, 0}}};
      ::poll(waiting.data(), waiting.size(), -1);
      if (waiting[1].revents != 0) {
        signalfd_siginfo info{};
        while (::read(deaths, &info, sizeof info) > 0) {}
        reap();
      }
      if (waiting[0].revents != 0) obey();
    }
  }

 private:
  // leave ends whatever is left. The kernel does that where the processes are in a
  // namespace, whose first process this is.
  [[noreturn]] void leave() {
    if (!plan_.namespaces) kill_descendants();
    ::_exit(0);
  }

  void reap() {
    int status = 0;
    for (pid_t child = 0; (child = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (child != command_) continue;
      Message message{Message::Kind::kEnded, status};
      if (!plan_.namespaces) kill_descendants();
      tell(plan_.control, message);
      ::_exit(0);
    }
  }

  void obey() {
    Message message{Message::Kind::kKill};
    if (!hear(plan_.control, message)) leave();
    if (message.kind == Message::Kind::kKill)
      ::kill(command_, SIGKILL);
    else if (message.kind == Message::Kind::kSignal)
      pass_on(message.value, message.detail != 0);
  }

  // A signal that reached the whole process group reached us, and the command by itself.
  void pass_on(int signal, bool from_terminal) const {
    sigset_t one{};
    ::sigemptyset(&one);
    ::sigaddset(&one, signal);
    constexpr timespec kNow{};
    const bool was_pending = ::sigtimedwait(&one, nullptr, &kNow) == signal;
    if (!was_pending && !from_terminal) ::kill(command_, signal);
  }

  InsidePlan& plan_;
  pid_t command_ = 0;
};

}  // namespace

pid_t raw_fork() { return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }

void tell(int control, const Message& message) {
  while (::send(control, &message, sizeof message, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}

void give_up(const InsidePlan& plan, Stage stage, int error_number, std::size_t step) {
  tell(plan.control, {Message::Kind::kFailed, error_number, static_cast<std::int32_t>(step), stage});
  ::_exit(1);
}

void be_first_process(InsidePlan& plan) {
  settle_descriptors(plan);
  ::signal(SIGCHLD, SIG_DFL);  // a caller that ignores it would have children vanish unseen
  ::prctl(PR_SET_PDEATHSIG, plan.namespaces ? SIGKILL : 0);
  wait_for_go(plan);
  // Its memory is a copy of the caller's, with whatever secrets that has.
  ::prctl(PR_SET_DUMPABLE, 0);
  if (plan.namespaces) {
    place_view(plan);
    if (!plan.network) raise_loopback(plan);
  } else if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    give_up(plan, Stage::kStart, errno);
  }
  if (::chdir(plan.folder.c_str()) != 0) give_up(plan, Stage::kFolder, errno);
  tell(plan.control, {Message::Kind::kReady});
  wait_for_go(plan);
  FirstProcess(plan).live();
}

}  // namespace weightmark
