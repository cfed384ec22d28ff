// Text that people read: escaping, counts, sizes, near misses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weightmark {

// printable escapes control characters, line separators, bidirectional controls and
// bytes that are not UTF-8, as \n, \t or \xNN, so that untrusted text cannot steer a
// terminal or forge a line of output.
std::string printable(std::string_view text);

// excerpt returns the start of untrusted text, to be quoted in an error: at most
// `limit` bytes cut between characters, then "…" where something is left out.
// What is not UTF-8 comes escaped.
std::string excerpt(std::string_view text, std::size_t limit = 256);

// trimmed leaves out spaces, tabs and line breaks at both ends.
std::string_view trimmed(std::string_view text);

// human_size renders bytes with binary prefixes: "0 B", "4.1 KiB", "2.0 GiB".
std::string human_size(std::uint64_t bytes);

// grouped renders a count with a comma every three digits: "20,000".
std::string grouped(std::uint64_t count);

// plural renders "1 file", "20,000 files".
std::string plural(std::uint64_t count, std::string_view singular);

// nearest returns the candidate closest to `word`, or "" when none is near
// enough to be a slip of the keyboard (edit distance over a third of its length).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// is_utf8 says whether `text` is well-formed UTF-8 (RFC 3629): no overlong
// forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace weightmark
