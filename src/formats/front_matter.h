// Where a text's front matter is.
#pragma once

#include <optional>
#include <string_view>

namespace weightmark {

// FrontMatter is a text in three parts, which follow one another.
struct FrontMatter {
  std::string_view head;  // up to the end of the first "---" line
  std::string_view yaml;  // whole lines
  std::string_view tail;  // from the second "---" on
};

// find_front_matter finds it where huggingface_hub does: after white space at most, a line
// "---", and a later one. Lines end with LF, CR LF or CR. Nothing where it is not closed:
// a line across the page begins like that, too.
std::optional<FrontMatter> find_front_matter(std::string_view text);

// first_line is the text up to and with its first line break, or all of it.
std::string_view first_line(std::string_view text);

// without_break leaves out the line break at the end of a line.
std::string_view without_break(std::string_view line);

}  // namespace weightmark
