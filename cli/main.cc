// weightmark: signs and verifies machine-learning models.
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/parser.h"
#include "cli/secrets.h"
#include "cli/ui.h"
#include "weightmark/hash_kernel.h"

namespace {

// leave ends the process without taking it apart: what OpenSSL and the parser hold
// goes with it, and a tiny model verifies faster by a tenth.
[[noreturn]] void leave(int status) {
  std::fflush(nullptr);
#if defined(__SANITIZE_ADDRESS__)
  std::exit(status);  // looks for leaks
#else
  ::_exit(status);
#endif
}

// force_kernel honours WEIGHTMARK_SHA256_KERNEL, whatever the command is.
weightmark::Result<void> force_kernel() {
  const char* name = std::getenv("WEIGHTMARK_SHA256_KERNEL");
  auto forced = weightmark::force_sha256_kernel(name == nullptr ? "" : name);
  if (!forced) forced.error().subject.insert(0, "WEIGHTMARK_SHA256_KERNEL=");
  return forced;
}

int act(const weightmark::cli::Action& action, weightmark::cli::Ui& ui) {
  if (auto forced = force_kernel(); !forced) return weightmark::cli::report_error(forced.error(), {}, ui);
  return action(ui);
}

// finish makes sure that success is not claimed when its result could not be
// written, for instance to a full disk.
int finish(int status, const weightmark::cli::Ui& ui) {
  if (weightmark::cli::all_out() || status != 0) return status;
  weightmark::Error error = weightmark::system_error(errno, "standard output", weightmark::ErrorCode::kWriteFailed);
  ui.error({error.code, error.what, error.subject, {}});
  return static_cast<int>(weightmark::code_class(error.code));
}

// return_memory makes the C library give large buffers back as soon as they are freed:
// by itself it keeps them once it has seen some, and a statement takes many in turn.
void return_memory() {
  constexpr int kLarge = 1 << 21;
  ::mallopt(M_MMAP_THRESHOLD, kLarge);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weightmark::cli;
  return_memory();
  Ui ui;
  try {
    hide_secrets({argv + 1, argv + argc});
    std::vector<std::string> arguments(argv + 1, argv + argc);
    install_interrupt_handler();
    Parser parser(command_in(arguments));
    auto parsed = parser.parse(std::move(arguments), ui);
    leave(finish(parsed ? *parsed : act(parser.action(), ui), ui));
  } catch (const std::exception& exception) {
    // Out of memory, or a fault of ours: whatever it was, nothing was verified.
    ui.error({weightmark::ErrorCode::kInternal, exception.what(), {}, {}});
    return static_cast<int>(weightmark::ErrorClass::kUndecided);
  }
}
