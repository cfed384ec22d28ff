// How a TUF client gets files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weightmark/error.h"

namespace weightmark::tuf {

// Fetcher gets files of one folder of a repository.
class Fetcher {
 public:
  Fetcher() = default;
  virtual ~Fetcher() = default;
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // fetch returns the file `name`, a percent-encoded path below the folder.
  // Errors: server-not-found where the repository does not have it, answer-too-large
  // for over `max_size` bytes, and others where nobody knows.
  virtual Result<std::string> fetch(std::string_view name, std::uint64_t max_size) = 0;
};

}  // namespace weightmark::tuf
