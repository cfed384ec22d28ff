#include "cli/question.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "cli/ui.h"

namespace weightmark::cli {

Fd open_terminal() { return Fd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)); }

bool ask_yes(const Fd& terminal, std::string_view question) {
  (void)!::write(terminal.get(), question.data(), question.size());
  std::string line;
  char c = 0;
  while (line.size() < 16 && wait_for_input(terminal.get()) && ::read(terminal.get(), &c, 1) == 1 && c != '\n')
    line += c;
  return line == "yes";
}

}  // namespace weightmark::cli
