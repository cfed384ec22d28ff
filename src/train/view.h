// What a confined command sees of the file system, and what it may do there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/confinement.h"
#include "weightmark/error.h"

namespace weightmark {

// What a rule permits on a file, or on a folder and all that lies beneath.
enum class Access : std::uint8_t {
  kList,    // list folders
  kRead,    // list, read and run
  kWrite,   // that and write, make, rename, remove
  kDevice,  // read, write and control; for devices and terminals
};

struct AccessRule {
  std::string path;  // without links
  Access access;
};

// ViewStep makes one place of a new root, in which nothing is at first.
struct ViewStep {
  enum class Kind : std::uint8_t {
    kFolder,     // an empty folder
    kLink,       // a symbolic link with the text `target`
    kTemporary,  // an empty file system of its own, that anyone may write to
    kProcesses,  // /proc of the new processes
    kShow,       // what is there outside, with all that is mounted beneath it
    kHide,       // nothing, whatever is there
  };

  Kind kind;
  std::string path;  // absolute, without links
  std::string target = {};
  bool writable = false;  // for kShow
  bool is_folder = true;  // for kShow and kHide
};

// View is the steps in the order in which they are made, and the rules over them. The
// rules hold without the view as well: then /tmp is `scratch`.
struct View {
  std::vector<ViewStep> steps;
  std::vector<AccessRule> rules;
  std::vector<std::string> temporary;  // the places that begin empty
  std::vector<std::string> devices;    // accelerators, such as /dev/nvidia0
  std::string folder;                  // where the command starts
};

// make_view looks up all paths of a confinement. `scratch` takes the place of /tmp where
// there is to be no view, only rules; else it is empty.
// Errors: usage, file-not-found, file-unreadable, read-failed.
Result<View> make_view(const Confinement& confinement, const std::string& scratch);

}  // namespace weightmark
