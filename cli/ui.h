// What the command says to people: on standard error, one subject a line.
//   - lines begin with "weightmark: ", in lower case, without a full stop;
//   - untrusted text is escaped; colour and progress only on a terminal;
//   - standard output is for results that a program reads.
#pragma once

#include <atomic>
#include <string_view>

#include "host/stop.h"
#include "weightmark/error.h"
#include "weightmark/observer.h"

namespace weightmark::cli {

// Ui says things. One lives for the whole run.
class Ui {
 public:
  Ui();

  void set_quiet(bool quiet) { quiet_ = quiet; }
  bool quiet() const { return quiet_; }
  bool on_terminal() const { return on_terminal_; }

  void help(std::string_view text) const;
  void say(std::string_view line) const;                             // not when quiet
  void detail(std::string_view label, std::string_view text) const;  // not when quiet
  void warn(std::string_view text) const;                            // not when quiet
  void instruct(std::string_view text) const;                        // what a person has to do: also when quiet
  void error(const Error& error) const;
  void failure(std::string_view line) const;  // the headline of a refusal
  void failure_detail(const Error& error) const;

  std::string_view red() const { return colour_ ? "\033[1;31m" : ""; }
  std::string_view green() const { return colour_ ? "\033[1;32m" : ""; }
  std::string_view yellow() const { return colour_ ? "\033[1;33m" : ""; }
  std::string_view plain() const { return colour_ ? "\033[0m" : ""; }

 private:
  bool quiet_ = false;
  bool on_terminal_ = false;
  bool colour_ = false;
};

// out writes to standard output, for results; all_out says whether all of it
// arrived there.
void out(std::string_view text);
bool all_out();

// interrupt_flag becomes true on SIGINT, SIGTERM, SIGHUP, or when the time limit is
// over. A second signal ends the process at once.
const std::atomic<bool>& interrupt_flag();

// interrupt is the same, for what lies below.
inline Stop interrupt() { return Stop(&interrupt_flag()); }
bool time_is_up();
void install_interrupt_handler();

// wait_for_input returns false when an interruption comes first. A plain read would
// miss a signal just before it, and begin anew after one.
bool wait_for_input(int terminal);

}  // namespace weightmark::cli
