// Starting the first process, and what its caller does while it lives.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>
#include <vector>

#include "train/inside.h"
#include "train/observer.h"
#include "weightmark/error.h"

namespace weightmark {

// Ended is what became of a command.
struct Ended {
  int wait_status = 0;
  std::string not_started;
};

// supervise starts the first process in new namespaces (flags of clone), observes what is
// opened if there is an observer, and returns when every process of the command is dead
// and all events are taken. `temporary` are the places that need no observation.
// Errors: confinement-unavailable, if the kernel refuses anything before the command
// begins; confinement-failed.
Result<Ended> supervise(InsidePlan& plan, unsigned long namespaces, OpenObserver* observer,
                        const std::vector<std::string>& temporary, const std::atomic<bool>* stop);

}  // namespace weightmark
