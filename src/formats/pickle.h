// Which names a pickle has looked up and called when it is loaded: that is what makes it a
// program. Nothing is loaded or called here.
// https://github.com/python/cpython/blob/main/Lib/pickletools.py
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "formats/content.h"

namespace weightmark {

// PickledStorage is what a pickle of PyTorch says of a tensor's bytes, which lie elsewhere.
struct PickledStorage {
  std::string type;         // "torch.FloatStorage", …
  std::string key;          // by which they are found
  std::uint64_t count = 0;  // of elements

  friend auto operator<=>(const PickledStorage&, const PickledStorage&) = default;
};

struct PickleNames {
  std::set<std::string> names;        // "MODULE.NAME"; at most kMaxPickleNames
  std::set<PickledStorage> storages;  // at most kMaxPickledStorages
  std::set<std::string> assigned;     // names whose calls make tensors, of those that items are put into
  bool calls = false;                 // whether it comes to call something
  std::string fault;                  // why it was not read to its end; "" where it was
};

inline constexpr std::size_t kMaxPickleNames = 4096;
inline constexpr std::size_t kMaxPickledStorages = 1'000'000;

// read_pickle follows the instructions of one pickle after another, as far as there are
// some. A name that is put together at run time is told as "?".
// Errors: the content's own.
Result<PickleNames> read_pickle(const Content& content);

// read_one_pickle follows the one that begins at byte `at`, and moves `at` behind it.
// Errors: the content's own.
Result<PickleNames> read_one_pickle(const Content& content, std::uint64_t& at);

// builds_data says whether a name, looked up and called with anything whatever, makes
// nothing but tensors, arrays and the collections that hold them. Others run code.
bool builds_data(std::string_view name);

}  // namespace weightmark
