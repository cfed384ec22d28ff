// weightmark: signs and verifies machine-learning models.
#include <fmt/format.h>

#include <cstring>
#include <exception>

#include "cli/commands.h"
#include "cli/parser.h"
#include "cli/ui.h"

namespace {

// forget_passwords overwrites the value of --password, so that it no longer shows
// in the process list.
void forget_passwords(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument == "--password" && i + 1 < argc) std::memset(argv[i + 1], '*', std::strlen(argv[i + 1]));
    if (argument.starts_with("--password=")) std::memset(argv[i] + 11, '*', argument.size() - 11);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weightmark::cli;
  Ui ui;
  try {
    std::vector<std::string> arguments(argv + 1, argv + argc);
    forget_passwords(argc, argv);
    install_interrupt_handler();
    Parser parser;
    if (auto status = parser.parse(std::move(arguments), ui)) return *status;
    return parser.action()(ui);
  } catch (const std::exception& exception) {
    // Out of memory, or a fault of ours: whatever it was, nothing was verified.
    ui.error({weightmark::ErrorCode::kInternal, exception.what(), {}, {}});
    return static_cast<int>(weightmark::ErrorClass::kUndecided);
  }
}
