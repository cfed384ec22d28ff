// Standard input, output and error, which a command inherits.
#pragma once

#include <string>
#include <vector>

namespace weightmark {

// describe_descriptor says what a descriptor leads to: "null" (also if it is closed, or closes at exec: then the
// command gets /dev/null), "terminal", "pipe", "file", "socket" or "device".
std::string describe_descriptor(int descriptor);

// ways_in lists, in words, the standard descriptors through which data could come that no
// opening of a file tells of: all that can be read from but /dev/null and terminals.
std::vector<std::string> ways_in();

}  // namespace weightmark
