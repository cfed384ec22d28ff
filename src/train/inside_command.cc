// The last steps before the command. The order matters: capabilities while there are
// some, then no_new_privs, which Landlock and seccomp ask for; Landlock opens the places of
// its rules, so the filter comes last.
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "train/inside.h"
#include "train/landlock.h"

namespace weightmark {
namespace {

constexpr int kAmbient = 47;      // PR_CAP_AMBIENT, since Linux 4.3
constexpr int kAmbientClear = 4;  // PR_CAP_AMBIENT_CLEAR_ALL
constexpr int kMostCapabilities = 64;
constexpr const char* kShell = "/bin/sh";

// What root may do with files whoever owns them, within what the rules permit; all else
// that root may is given up.
constexpr std::uint32_t kKept = 1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER | 1U << CAP_FSETID;

void drop_capabilities(const InsidePlan& plan) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> held{};
  if (::syscall(SYS_capget, &header, held.data()) != 0) give_up(plan, Stage::kRights, errno);
  ::prctl(kAmbient, kAmbientClear, 0, 0, 0);
  // Where that is not permitted, no_new_privs keeps programs from regaining any.
  for (int capability = 0; capability < kMostCapabilities; ++capability)
    if (capability >= 32 || (kKept >> static_cast<unsigned>(capability) & 1U) == 0)
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  held[0] = {held[0].permitted & kKept, held[0].permitted & kKept, 0};
  held[1] = {0, 0, 0};
  if (::syscall(SYS_capset, &header, held.data()) != 0) give_up(plan, Stage::kRights, errno);
}

bool add_rule(int ruleset, int place, std::uint64_t rights) {
  struct stat status{};
  if (::fstat(place, &status) != 0) return false;
  if (!S_ISDIR(status.st_mode)) rights &= kLandlockFileRights;
  const kernel::LandlockPathBeneath rule{rights, place};
  return rights == 0 || ::syscall(kernel::kLandlockAddRule, ruleset, kernel::kLandlockPathBeneath, &rule, 0) == 0;
}

// What is connected as standard input, output or error may be opened anew, as by
// /dev/stdout; pipes and sockets need no rule.
void add_standard_descriptors(const InsidePlan& plan, int ruleset) {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) continue;
    const std::uint64_t rights = ::isatty(fd) == 1                 ? plan.terminal_rights
                                 : (flags & O_ACCMODE) == O_RDONLY ? plan.read_rights
                                                                   : plan.write_rights;
    add_rule(ruleset, fd, rights);
  }
}

void keep_to_rules(const InsidePlan& plan) {
  const int ruleset = static_cast<int>(::syscall(kernel::kLandlockCreateRuleset, &plan.ruleset, plan.ruleset_size, 0));
  if (ruleset < 0) give_up(plan, Stage::kRules, errno);
  for (std::size_t i = 0; i < plan.rules.size(); ++i) {
    const int place = ::open(plan.rules[i].path.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (place < 0 && errno == ENOENT) continue;  // nothing there that could be reached
    if (place < 0 || !add_rule(ruleset, place, plan.rules[i].rights)) give_up(plan, Stage::kRules, errno, i);
    ::close(place);
  }
  add_standard_descriptors(plan, ruleset);
  if (::syscall(kernel::kLandlockRestrictSelf, ruleset, 0) != 0) give_up(plan, Stage::kRules, errno);
  ::close(ruleset);
}

void filter_system_calls(InsidePlan& plan) {
  const sock_fprog program{static_cast<unsigned short>(plan.filter.size()), plan.filter.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) give_up(plan, Stage::kFilter, errno);
}

// run becomes the program as execvp does, and returns why it cannot.
int run(InsidePlan& plan) {
  int error = ENOENT;
  for (std::string& program : plan.programs) {
    ::execve(program.c_str(), plan.arguments.data(), plan.environment.data());
    if (errno == ENOEXEC) {  // a script that does not say for which shell
      plan.script[1] = program.data();
      ::execve(kShell, plan.script.data(), plan.environment.data());
    }
    if (errno == EACCES)
      error = EACCES;
    else if (errno != ENOENT && errno != ENOTDIR)
      return errno;
  }
  return error;
}

}  // namespace

void be_command(InsidePlan& plan) {
  if (!plan.namespaces) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  drop_capabilities(plan);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(plan, Stage::kRights, errno);
  keep_to_rules(plan);
  ::sigprocmask(SIG_SETMASK, &plan.signals, nullptr);
  filter_system_calls(plan);
  const int error = run(plan);
  tell(plan.control, {Message::Kind::kNotStarted, error});
  constexpr int kNotFound = 127;
  constexpr int kNotRunnable = 126;
  ::_exit(error == ENOENT || error == ENOTDIR ? kNotFound : kNotRunnable);
}

}  // namespace weightmark
