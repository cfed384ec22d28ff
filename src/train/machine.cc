#include "train/machine.h"

#include <sys/utsname.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/text.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxText = std::uint64_t{4} << 20U;

// value_of returns what follows "KEY" and a colon in the first line that begins with it.
std::string value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trimmed(line.substr(0, colon)) == key)
      return std::string(trimmed(line.substr(colon + 1)));
  }
  return {};
}

// driver_version finds the first word that is a version: "NVRM version: NVIDIA UNIX x86_64
// Kernel Module  575.57.08  Sat …".
std::string driver_version(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool digits =
        !word.empty() && std::ranges::all_of(word, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    if (digits && word.contains('.')) return std::string(word);
  }
  return {};
}

std::vector<Accelerators> read_accelerators(const fs::path& folder) {
  const std::string driver = driver_version(read_file(folder / "version", kMaxText).value_or(""));
  std::map<std::string, std::int64_t> counts;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder / "gpus", error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string model = value_of(read_file(entry->path() / "information", kMaxText).value_or(""), "Model");
    if (is_utf8(model) && !model.empty()) ++counts[model];
  }
  std::vector<Accelerators> list;
  list.reserve(counts.size());
  for (const auto& [model, count] : counts) list.push_back({model, count, driver});
  return list;
}

}  // namespace

Machine read_machine(const fs::path& root) {
  Machine machine;
  struct utsname name{};
  if (::uname(&name) == 0) {
    machine.cpu = name.machine;
    machine.kernel = std::string(name.sysname) + " " + name.release;
  }
  const std::string model = value_of(read_file(root / "proc/cpuinfo", kMaxText).value_or(""), "model name");
  if (!model.empty() && is_utf8(model)) machine.cpu += ", " + model;
  machine.accelerators = read_accelerators(root / "proc/driver/nvidia");
  return machine;
}

}  // namespace weightmark
