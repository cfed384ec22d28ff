#include "cli/ui.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace weightmark::cli {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<bool> timed_out{false};

void on_signal(int signal) {
  if (signal == SIGALRM) timed_out.store(true);
  interrupted.store(true);
}

// wants_colour follows https://no-color.org and the usual CLICOLOR_FORCE.
bool wants_colour(bool on_terminal) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* force = std::getenv("CLICOLOR_FORCE");
  if (force != nullptr && *force != '\0' && std::string_view(force) != "0") return true;
  const char* term = std::getenv("TERM");
  return on_terminal && term != nullptr && std::string_view(term) != "dumb";
}

// hint_for says of an interruption where it came from.
std::string hint_for(const Error& error) {
  if (error.code == ErrorCode::kInterrupted && time_is_up()) return "the time limit of --timeout is over";
  return printable(error.hint);
}

void err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

Ui::Ui() : on_terminal_(::isatty(STDERR_FILENO) == 1), colour_(wants_colour(on_terminal_)) {}

void Ui::help(std::string_view text) const { err(text); }

void Ui::say(std::string_view line) const {
  if (!quiet_) err(fmt::format("weightmark: {}\n", line));
}

void Ui::detail(std::string_view label, std::string_view text) const {
  if (!quiet_) err(fmt::format("  {:<12} {}\n", label, text));
}

void Ui::warn(std::string_view text) const {
  if (!quiet_) err(fmt::format("weightmark: {}warning:{} {}\n", yellow(), plain(), text));
}

void Ui::instruct(std::string_view text) const { err(fmt::format("weightmark: {}\n", text)); }

void Ui::error(const Error& error) const {
  err(fmt::format("weightmark: {}error:{} {} [{}]\n", red(), plain(), describe(error), code_name(error.code)));
  if (std::string hint = hint_for(error); !hint.empty()) err(fmt::format("weightmark: hint: {}\n", hint));
}

void Ui::failure(std::string_view line) const { err(fmt::format("weightmark: {}\n", line)); }

void Ui::failure_detail(const Error& error) const {
  err(fmt::format("  {} [{}]\n", describe(error), code_name(error.code)));
  if (std::string hint = hint_for(error); !hint.empty()) err(fmt::format("    hint: {}\n", hint));
}

void out(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

bool all_out() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

const std::atomic<bool>& interrupt_flag() { return interrupted; }

bool time_is_up() { return timed_out.load(); }

void install_interrupt_handler() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  // A prompt must not go on waiting (no SA_RESTART), and a second signal must not
  // wait for anything (SA_RESETHAND).
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGALRM}) ::sigaction(signal, &action, nullptr);
}

bool wait_for_input(int terminal) {
  pollfd wait{terminal, POLLIN, 0};
  while (!interrupt_flag().load())
    if (::poll(&wait, 1, 200) > 0) return true;
  return false;
}

}  // namespace weightmark::cli
