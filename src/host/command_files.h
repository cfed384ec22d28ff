// Which files a command is made of: its program, the interpreter behind it, and what it
// names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "train/training_environment.h"

namespace weightmark {

struct CommandFiles {
  std::vector<std::filesystem::path> interpreters;  // folders of virtual environments and of what they rest on
  std::vector<std::filesystem::path> named;         // the program, and files among the arguments
  std::vector<std::filesystem::path> programs;      // those of them that can be run: the rest is data
};

// find_command_files looks the program up as a shell would. A program in FOLDER/bin belongs
// to FOLDER, unless that is a system's or the home folder; a virtual environment rests on
// what its pyvenv.cfg calls home. All are absolute, and given with and without links.
CommandFiles find_command_files(const std::vector<std::string>& command, const Variables& environment);

}  // namespace weightmark
