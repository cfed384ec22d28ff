#include "host/command_files.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

std::string value_of(const Variables& variables, std::string_view name) {
  const auto found = std::ranges::find(variables, name, &Variables::value_type::first);
  return found == variables.end() ? "" : found->second;
}

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

// is_script goes by the name: an interpreter takes it whatever its mode.
bool is_script(const fs::path& path) {
  static constexpr auto kEnds = std::to_array<std::string_view>(
      {".py", ".pyz", ".sh", ".bash", ".pl", ".rb", ".lua", ".js", ".r", ".R", ".jl", ".ipynb"});
  return std::ranges::find(kEnds, path.extension().native()) != kEnds.end();
}

fs::path find_program(const std::string& word, const Variables& environment) {
  std::error_code error;
  if (word.contains('/')) return fs::absolute(word, error);
  const std::string folders = value_of(environment, "PATH");
  for (std::size_t start = 0; start <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', start), folders.size());
    const fs::path candidate = fs::path(folders.substr(start, end - start)) / word;
    if (end > start && is_program(candidate)) return fs::absolute(candidate, error);
    start = end + 1;
  }
  return {};
}

fs::path without_links(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::canonical(path, error);
  return error ? path : canonical;
}

// belongs_to_all: what lies there is readable anyway, or is more than one program's.
bool belongs_to_all(const fs::path& folder) {
  static constexpr auto kFolders =
      std::to_array<std::string_view>({"/", "/usr", "/usr/local", "/opt", "/root", "/home"});
  const char* home = std::getenv("HOME");
  return std::ranges::find(kFolders, folder.native()) != kFolders.end() ||
         (home != nullptr && folder == fs::path(home));
}

class Finder {
 public:
  void add_program(const fs::path& program) {
    if (program.empty()) return;
    for (const fs::path& path : {program, without_links(program)}) {
      add(files_.named, path);
      add(files_.programs, path);
      const fs::path folder = path.parent_path();
      if (folder.filename() == "bin" || folder.filename() == "shims") add_interpreter(folder.parent_path());
    }
  }

  void add_interpreter(const fs::path& folder) {
    if (folder.empty() || belongs_to_all(folder) || std::ranges::count(files_.interpreters, folder) > 0) return;
    std::error_code error;
    if (!fs::is_directory(folder, error)) return;
    add(files_.interpreters, folder);
    add(files_.interpreters, without_links(folder));
    add_home(folder);
    // What bin/python leads to lies with its own library.
    for (const char* name : {"bin/python", "bin/python3"}) {
      const fs::path python = without_links(folder / name);
      if (fs::exists(folder / name, error) && python.parent_path().filename() == "bin")
        add_interpreter(python.parent_path().parent_path());
    }
  }

  void add_argument(const std::string& word) {
    std::error_code error;
    const fs::path path = fs::absolute(word, error);
    if (error || !fs::is_regular_file(path, error)) return;
    const bool can_run = is_program(path) || is_script(path);
    for (const fs::path& one : {path, without_links(path)}) {
      add(files_.named, one);
      if (can_run) add(files_.programs, one);
    }
  }

  CommandFiles take() && { return std::move(files_); }

 private:
  static void add(std::vector<fs::path>& list, const fs::path& path) {
    if (std::ranges::find(list, path) == list.end()) list.push_back(path);
  }

  // add_home reads "home = FOLDER" of a virtual environment (PEP 405).
  void add_home(const fs::path& folder) {
    const std::string text = read_file(folder / "pyvenv.cfg", 1U << 16U).value_or("");
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = std::string_view(text).substr(at, end - at);
      const std::size_t equals = line.find('=');
      if (equals != std::string_view::npos && trimmed(line.substr(0, equals)) == "home")
        add_interpreter(without_links(fs::path(trimmed(line.substr(equals + 1)))).parent_path());
      at = end + 1;
    }
  }

  CommandFiles files_;
};

}  // namespace

CommandFiles find_command_files(const std::vector<std::string>& command, const Variables& environment) {
  Finder finder;
  finder.add_program(find_program(command.front(), environment));
  for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"})
    if (const std::string folder = value_of(environment, name); !folder.empty()) finder.add_interpreter(folder);
  for (std::size_t i = 1; i < command.size(); ++i) finder.add_argument(command[i]);
  return std::move(finder).take();
}

}  // namespace weightmark
