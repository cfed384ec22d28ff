// Path patterns of TUF delegations (specification, section 4.5, PATHPATTERN).
#pragma once

#include <string_view>

namespace weightmark::tuf {

// matches says whether `path` is one that `pattern` stands for: "*" is any number of
// characters, "?" one, "[a-z]" and "[!a-z]" one that is or is not in a set. None of them
// stands for a slash, and there are no escapes. Characters are bytes.
bool matches(std::string_view pattern, std::string_view path);

}  // namespace weightmark::tuf
