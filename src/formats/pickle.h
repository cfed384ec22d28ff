// Which names a pickle has looked up and called when it is loaded: that is what makes it a
// program. Nothing is loaded or called here.
// https://github.com/python/cpython/blob/main/Lib/pickletools.py
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "formats/content.h"

namespace weightmark {

struct PickleNames {
  std::set<std::string> names;  // "MODULE.NAME"; at most kMaxPickleNames
  std::string fault;            // why it was not read to its end; "" where it was
};

inline constexpr std::size_t kMaxPickleNames = 4096;

// read_pickle follows the instructions of one pickle after another, as far as there are
// some. A name that is put together at run time is told as "?".
// Errors: the content's own.
Result<PickleNames> read_pickle(const Content& content);

// builds_data says whether a name, looked up and called with anything whatever, makes
// nothing but tensors, arrays and the collections that hold them. Others run code.
bool builds_data(std::string_view name);

}  // namespace weightmark
