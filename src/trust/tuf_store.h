// Where a TUF client keeps what it has seen, so that nothing older is taken again and
// little is fetched twice. Nothing in a store is trusted for being there: whoever reads
// it verifies it again.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace weightmark::tuf {

// Store keeps texts by name: components that percent_encode made, with slashes between.
// Neither reading nor writing can fail: without a copy, the client goes on without one.
class Store {
 public:
  Store() = default;
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  virtual std::optional<std::string> get(std::string_view name) = 0;
  virtual void put(std::string_view name, std::string_view text) = 0;
};

// MemoryStore forgets everything in the end: for where there is no folder to write to.
class MemoryStore : public Store {
 public:
  std::optional<std::string> get(std::string_view name) override;
  void put(std::string_view name, std::string_view text) override;

 private:
  std::map<std::string, std::string, std::less<>> texts_;
};

// DirectoryStore keeps files in a folder, which it makes when the first is written. Each
// appears whole or not at all. What cannot be written is remembered while it lives.
class DirectoryStore : public Store {
 public:
  explicit DirectoryStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // lock keeps other processes' lock() of the same folder waiting while this store
  // lives, so that a slow one does not put back what is older than another's. One that
  // waits for over ten seconds goes on without: all it could do is fetch again.
  void lock();

  std::optional<std::string> get(std::string_view name) override;
  void put(std::string_view name, std::string_view text) override;

 private:
  std::filesystem::path folder_;
  MemoryStore unwritten_;
  Fd lock_;
};

}  // namespace weightmark::tuf
