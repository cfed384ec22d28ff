// Where the lock lies: weightmark.lock.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "weightmark/lock.h"

namespace weightmark {

// LockFiles are where a model can be pinned: in the named file, or in weightmark.lock of
// the current folder, unless that is inside the model, and in that of the user's
// configuration. What is not there is empty.
class LockFiles {
 public:
  // open reads them.
  // Errors: those of reading and parsing; what cannot be read may have a pin.
  static Result<LockFiles> open(const std::string& named, const std::filesystem::path& model);

  // pin returns what is remembered of the model.
  std::optional<Pin> pin() const;

  // remember replaces the model's pin where it is, else adds it to the first file, and
  // returns which one. Errors: usage where there is no place; those of writing.
  Result<std::filesystem::path> remember(const Pin& pin);

 private:
  struct Place {
    std::filesystem::path path;
    std::string key;  // what the user calls the model
    Lock lock = {};

    bool has_pin() const { return lock.models.contains(key); }
  };

  static Result<void> read(Place& place);

  std::vector<Place> places_;
};

}  // namespace weightmark
