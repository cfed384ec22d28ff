// Running a training command so that it reaches only what was named, and observing what
// it opens. docs/confinement.md says what each tier proves and does not prove.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/error.h"

namespace weightmark {

// Tier says how a command is confined, the strongest first. With an open network, a tier
// with namespaces is called D in statements (tier_letter).
enum class Tier {
  kObserved,    // A: a view of its own, its own network, what it opens is observed; needs CAP_SYS_ADMIN
  kNamespaces,  // B: the same, not observed; needs user namespaces
  kLandlock,    // C: Landlock and a filter of system calls; needs no right at all
};

// Confinement is what a command may reach. Paths may be relative to where the caller
// stands, and lead through links; each must exist, and is shown under the path it was given
// by. Folders that hold the system's programs and settings (/usr, /etc, /opt and the like)
// are readable without being named.
struct Confinement {
  std::vector<std::filesystem::path> inputs;    // files or folders to read
  std::vector<std::filesystem::path> readable;  // the same for sources, an interpreter, what is no input
  std::vector<std::filesystem::path> outputs;   // folders to write; not within an input
  std::vector<std::filesystem::path> hidden;    // never shown, though they lie within the above: keys
  std::filesystem::path folder;                 // where the command starts; shown empty if not named above
  std::vector<std::string> environment;         // all of it, NAME=VALUE; in tier C, TMPDIR is set beside
  bool network = false;                         // whether it may reach other machines

  // The tiers to try, from the strongest on. Tests and users may ask for less than the
  // machine allows; what demands evidence asks that nothing less than `least` be taken.
  Tier strongest = Tier::kObserved;
  Tier least = Tier::kLandlock;
};

// OpenedFile is a regular file that a process of the command opened by a path.
struct OpenedFile {
  std::string path;       // as the command saw it, absolute and without links
  bool executed = false;  // it was opened to be run, as a program or its interpreter
  dev_t device = 0;
  ino_t inode = 0;  // 0 if it was gone before it could be looked at

  friend auto operator<=>(const OpenedFile&, const OpenedFile&) = default;
};

// ConfinementFacts is what a statement may say of the run.
struct ConfinementFacts {
  Tier tier = Tier::kLandlock;
  std::string network;             // "denied", "loopback": only its own, "open"
  std::string filesystem;          // "view+landlock" or "landlock"
  int landlock_abi = 0;            // the version of Landlock that was used
  bool io_uring = false;           // whether it may be used
  bool new_privileges = false;     // whether programs may gain some by being run (no_new_privs)
  std::string system_call_filter;  // SHA-256 of the filter's program, in hexadecimal
  std::string kernel;              // name, release and machine, as uname tells them
  std::string capture;             // "fanotify" or "none"
  std::uint64_t dropped_events = 0;
  std::vector<std::string> devices;  // accelerators that the command could use
  std::string standard_input;        // "null", "terminal", "pipe", "file", "socket", "device"

  // Whether `opened` has every regular file that any process of the command opened by a
  // path, but for those in /tmp and /dev/shm, which began empty, and /proc and /sys.
  // False in any tier but A; `incomplete` says why, in words.
  bool complete = false;
  std::vector<std::string> incomplete;
  // What the tier could not keep from the command, in words: shared memory of others,
  // sockets in the file system, and the like. Empty in tiers A and B.
  std::vector<std::string> limits;
};

// ConfinedRun is what became of a command. All of its processes are dead.
struct ConfinedRun {
  int wait_status = 0;      // as waitpid tells it; exited with 127 or 126 if it was not started
  std::string not_started;  // why the program could not be run, empty if it was
  ConfinementFacts facts;
  std::vector<OpenedFile> opened;  // sorted by path, none twice; only in tier A
};

// tier_letter is "A", "B", "C", or "D": A or B with an open network.
std::string_view tier_letter(const ConfinementFacts& facts);

// shell_status is the exit status that a shell would give: 128 and the signal's number if
// it died of one.
int shell_status(int wait_status);

// run_confined runs `command`, looked for in the PATH of the given environment, in the
// strongest tier that the machine allows, and waits for it. When the command itself ends,
// what it left running is killed. It shares the caller's terminal and process group;
// signals to terminate (HUP, INT, QUIT, TERM, USR1, USR2) that only the caller gets are
// passed on, and the caller's handlers for them rest until it returns. When `stop` becomes
// true, the command gets SIGTERM, and SIGKILL ten seconds later. Should the caller die, all
// is killed. Only one run at a time; the thread that calls must be the one that waits.
// A program that cannot be run is no error, see ConfinedRun.
// Errors: usage, file-not-found, file-unreadable, read-failed, confinement-unavailable,
// confinement-failed.
Result<ConfinedRun> run_confined(const std::vector<std::string>& command, const Confinement& confinement,
                                 const std::atomic<bool>* stop = nullptr);

}  // namespace weightmark
