// Questions that a person answers on the terminal itself, whatever standard input is.
#pragma once

#include <string>
#include <string_view>

#include "base/file.h"

namespace weightmark::cli {

// open_terminal returns the controlling terminal; nothing where there is none.
Fd open_terminal();

// ask_line puts a question. The answer is what stands before the end of the line, without
// spaces around it; "" where it is longer than `most` bytes, or something interrupts.
std::string ask_line(const Fd& terminal, std::string_view question, std::size_t most);

// ask_yes puts a question. Only a whole "yes" is one.
bool ask_yes(const Fd& terminal, std::string_view question);

}  // namespace weightmark::cli
