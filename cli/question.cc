#include "cli/question.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/ui.h"

namespace weightmark::cli {

Fd open_terminal() { return Fd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)); }

std::string ask_line(const Fd& terminal, std::string_view question, std::size_t most) {
  (void)!::write(terminal.get(), question.data(), question.size());
  std::string line;
  char c = 0;
  while (line.size() <= most && wait_for_input(terminal.get()) && ::read(terminal.get(), &c, 1) == 1 && c != '\n')
    line += c;
  if (c != '\n') return {};
  return std::string(trimmed(line));
}

bool ask_yes(const Fd& terminal, std::string_view question) { return ask_line(terminal, question, 16) == "yes"; }

}  // namespace weightmark::cli
