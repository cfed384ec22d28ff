// What happens in the new process before it is the command. It is a copy of one of the
// caller's threads, the others of which may have held any lock: so nothing here allocates,
// and nothing is called but the system (signal-safety(7)). All is prepared beforehand.
#pragma once

#include <linux/filter.h>
#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/kernel_interface.h"
#include "train/view.h"

namespace weightmark {

// Stage is what was being done when something failed.
enum class Stage : std::int32_t {
  kStart,
  kMounts,
  kTrees,
  kRoot,
  kPlace,
  kProcesses,
  kPivot,
  kFolder,
  kLoopback,
  kFork,
  kRights,
  kRules,
  kFilter,
};

// Message is what goes over the socket between the caller and the first process.
struct Message {
  enum class Kind : std::int32_t {
    kGo,          // to it: the namespaces are as they must be; then: what is opened is observed
    kSignal,      // to it: `value` is a signal for the command; `detail` is 1 if it came from the terminal
    kKill,        // to it: end the command at once
    kReady,       // from it: the view is made
    kFailed,      // from it: `stage`, `value` is an error number, `detail` the number of the step
    kNotStarted,  // from it: the program cannot be run, `value` is an error number
    kEnded,       // from it: `value` is the command's status as waitpid tells it
  };

  Kind kind;
  std::int32_t value = 0;
  std::int32_t detail = 0;
  Stage stage = Stage::kStart;
};

// PathRights is a rule of Landlock's on a place.
struct PathRights {
  std::string path;
  std::uint64_t rights;
};

// InsidePlan is all that the new process needs to know.
struct InsidePlan {
  bool namespaces = false;  // whether there is a view of its own, else only rules
  bool network = false;     // whether the caller's network is kept
  std::vector<ViewStep> steps;
  std::vector<int> trees;  // one for each step, room for a descriptor
  std::string staging;     // any folder outside, to put the new root on for a moment
  std::string folder;

  int landlock_abi = 0;
  kernel::LandlockRuleset ruleset;
  std::size_t ruleset_size = 0;
  std::vector<PathRights> rules;
  std::uint64_t terminal_rights = 0;  // on what is connected as standard input, output or error:
  std::uint64_t read_rights = 0;      // a terminal, a file to read,
  std::uint64_t write_rights = 0;     // a file to write
  std::vector<sock_filter> filter;

  std::vector<std::string> programs;  // where the program may lie, in the order of looking
  std::vector<char*> arguments;       // ends with a null pointer
  std::vector<char*> script;          // the same for a shell, with room for its name and the program's
  std::vector<char*> environment;     // ends with a null pointer

  sigset_t signals{};  // the caller's mask
  int control = -1;    // our end of the socket
};

// be_first_process is the life of the first process: it makes the view, starts the command,
// passes signals on, and ends when the command does or the caller is gone.
[[noreturn]] void be_first_process(InsidePlan& plan);

// be_command becomes the command, confined. What keeps it from that is told to the caller.
[[noreturn]] void be_command(InsidePlan& plan);

// raw_fork is fork without what the C library does beside, which is not for a process that
// has only one of the caller's threads.
pid_t raw_fork();

// tell sends a message; where nobody is left to hear it, nothing happens.
void tell(int control, const Message& message);

// place_view makes the view in a mount namespace of its own.
void place_view(InsidePlan& plan);

// give_up tells what failed, and ends the process.
[[noreturn]] void give_up(const InsidePlan& plan, Stage stage, int error_number, std::size_t step = 0);

// kill_descendants ends all processes that come from this one, which is where they go when
// their parents die (PR_SET_CHILD_SUBREAPER), and returns when none is left.
void kill_descendants();

}  // namespace weightmark
