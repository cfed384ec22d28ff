#include "host/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"

namespace weightmark {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMilliseconds = 50;

// Stream is one that the program writes to, and what came of it.
struct Stream {
  Fd ours;
  Fd theirs;
  std::string text = {};

  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    ours = Fd(ends[0]);
    theirs = Fd(ends[1]);
    return true;
  }

  // read_some takes what is there; the end of it closes the stream.
  void read_some() {
    std::array<char, 4096> piece{};
    const ssize_t count = ::read(ours.get(), piece.data(), piece.size());
    if (count > 0)
      text.append(piece.data(), static_cast<std::size_t>(count));
    else if (count == 0 || errno != EINTR)
      ours.reset();
  }
};

// pointers are what execve(2) takes.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

// Child is a process of our own. It is not left behind.
class Child {
 public:
  Child() = default;
  ~Child() {
    if (id_ <= 0) return;
    ::kill(-id_, SIGKILL);
    while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {}
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // start returns an error number.
  int start(std::vector<std::string> words, std::optional<std::vector<std::string>> variables, const Stream& out,
            const Stream& err) {
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.theirs.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.theirs.get(), STDERR_FILENO);
    // Ours close by themselves; what we were started with need not.
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // so that its own children go with it
    std::vector<char*> arguments = pointers(words);
    std::vector<char*> environment;
    if (variables) environment = pointers(*variables);
    const int error = ::posix_spawnp(&id_, arguments.front(), &actions, &attributes, arguments.data(),
                                     variables ? environment.data() : ::environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) id_ = 0;
    return error;
  }

  // status is the exit status, as a shell tells it; nothing while it runs.
  std::optional<int> status() {
    int status = 0;
    if (::waitpid(id_, &status, WNOHANG) != id_) return std::nullopt;
    id_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t id_ = 0;
};

// finish reads both streams to their ends, and returns the exit status.
Result<int> finish(Child& child, Stream& out, Stream& err, Clock::time_point end, const Stop& stop,
                   const std::string& who, const ProgramOptions& options) {
  while (true) {
    if (!out.ours && !err.ours)
      if (const auto status = child.status()) return *status;
    if (stop.asked()) return refuse(ErrorCode::kInterrupted, "interrupted");
    if (Clock::now() >= end) return refuse(options.code, "gave no answer in time", who);
    std::array<pollfd, 2> waiting{{{out.ours.get(), POLLIN, 0}, {err.ours.get(), POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), kPollMilliseconds) <= 0) continue;  // without streams, a pause
    if (waiting[0].revents != 0) out.read_some();
    if (waiting[1].revents != 0) err.read_some();
    if (std::max(out.text.size(), err.text.size()) > options.max_output)
      return refuse(options.code, "writes more than is taken", who);
  }
}

}  // namespace

Result<std::optional<ProgramAnswer>> run_program(const std::vector<std::string>& words, const Stop& stop,
                                                 std::chrono::milliseconds limit, const ProgramOptions& options) {
  const auto end = Clock::now() + limit;
  const auto fail = [&](int error) {
    return refuse(options.code, fmt::format("cannot be run: {}", std::strerror(error)), words.front());
  };
  Stream out;
  Stream err;
  if (!out.open() || !err.open()) return fail(errno);
  Child child;
  if (const int error = child.start(words, options.environment, out, err); error == ENOENT)
    return std::nullopt;
  else if (error != 0)
    return fail(error);
  out.theirs.reset();
  err.theirs.reset();
  WM_TRY(const int status, finish(child, out, err, end, stop, words.front(), options));
  return ProgramAnswer{status, std::move(out.text), std::move(err.text)};
}

}  // namespace weightmark
