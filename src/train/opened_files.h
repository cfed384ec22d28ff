// What a command opened, sorted by what it belongs to.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "train/confinement.h"
#include "train/dependency.h"
#include "train/measured_input.h"
#include "train/source_tree.h"
#include "weightmark/observer.h"

namespace weightmark {

// OpenedContext is what is known of the paths of a run. All paths are absolute and without
// links.
struct OpenedContext {
  std::vector<MeasuredInput>* inputs = nullptr;        // whose files_read is filled in
  const SourceTree* source = nullptr;                  // may be null
  std::vector<std::filesystem::path> interpreters;     // folders of interpreters and their libraries
  std::vector<std::filesystem::path> declared;         // folders that were declared as readable
  std::vector<std::filesystem::path> private_folders;  // of the run alone, empty when it began
  std::vector<std::filesystem::path> outputs;
  std::map<std::string, std::string> before;  // files that lay in outputs before the run, and their digests
  std::vector<std::string> programs;          // what the command line runs
  std::vector<std::string> recorded;          // files of which the statement tells already
  WorkOptions work;
};

// OpenedSummary is what a statement says of it.
struct OpenedSummary {
  std::vector<Dependency> dependencies;
  std::vector<std::string> undeclared;  // paths that nothing accounts for, sorted
  std::vector<std::string> warnings;
};

// classify_opened makes a dependency of each distribution of Python, of all bytecode, of
// the system's files and of an interpreter's, of lock files, of the program, and of each
// file that nothing accounts for; all digests are computed now.
// Errors: interrupted.
Result<OpenedSummary> classify_opened(const std::vector<OpenedFile>& opened, const OpenedContext& context);

}  // namespace weightmark
