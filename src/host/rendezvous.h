// Where the nodes of one training meet: a folder that all of them see, and that only their
// user can write to. docs/training.md, "Several nodes"
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/stop.h"
#include "train/training_nodes.h"
#include "weightmark/error.h"

namespace weightmark {

struct NodeOptions {
  std::filesystem::path rendezvous;
  std::int64_t nodes = 1;
  std::int64_t node = 0;                // the one of rank 0 signs
  std::chrono::seconds patience{3600};  // how long one waits for the others
};

// Rendezvous is one run's. Node 0 names the run, and everything that the others leave
// carries that name.
class Rendezvous {
 public:
  // join checks the folder and learns the name of the run, for which the others wait.
  // Errors: training-nodes, file-not-found, file-unreadable, read-failed, write-failed,
  // interrupted.
  static Result<Rendezvous> join(const NodeOptions& options, const Stop& stop);

  bool is_first() const { return options_.node == 0; }

  // wait_until_ready returns when every node is as far, so that what lay in the outputs
  // before the run has been seen by all. Errors: as above.
  Result<void> wait_until_ready() const;

  // leave tells the first node what was seen on this one. Errors: write-failed, disk-full.
  Result<void> leave(const Provenance& provenance) const;

  // leave_failure tells all that there will be nothing to tell. It is said if it can be.
  void leave_failure(std::string why) const;

  // gather waits for what the others leave. Errors: as of join.
  Result<std::vector<NodeRecord>> gather() const;

 private:
  Rendezvous(const NodeOptions& options, const Stop& stop) : options_(options), stop_(stop) {}

  Result<void> name_run();
  Result<void> learn_run();
  Result<std::optional<NodeRecord>> record_of(std::int64_t node) const;
  Result<bool> is_ready(std::int64_t node) const;
  template <class Look>
  Result<void> wait(std::int64_t node, Look look) const;
  Result<void> write(const std::string& name, std::string_view text) const;
  Result<std::optional<std::string>> read(const std::string& name, std::uint64_t limit) const;

  NodeOptions options_;
  Stop stop_;
  std::string run_;
};

}  // namespace weightmark
