// Questions that a person answers on the terminal itself, whatever standard input is.
#pragma once

#include <string_view>

#include "base/file.h"

namespace weightmark::cli {

// open_terminal returns the controlling terminal; nothing where there is none.
Fd open_terminal();

// ask_yes puts a question. Only a whole "yes" is one.
bool ask_yes(const Fd& terminal, std::string_view question);

}  // namespace weightmark::cli
