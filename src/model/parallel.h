// Spreading work over the processors.
#pragma once

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

#include "weightmark/observer.h"

namespace weightmark {

// More threads than any machine has processors only take memory and handles.
inline constexpr std::size_t kMaxThreads = 1024;

// thread_count returns how many threads do `units` pieces of work, at least 1.
inline std::size_t thread_count(const WorkOptions& work, std::size_t units) {
  std::size_t wanted = work.threads > 0 ? work.threads : std::max(1U, std::thread::hardware_concurrency());
  return std::max<std::size_t>(1, std::min({wanted, units, kMaxThreads}));
}

// start_helper adds a thread, unless the system has no more of them.
template <class Work>
bool start_helper(std::vector<std::jthread>& helpers, const Work& work_through) {
  try {
    helpers.emplace_back(work_through);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

// run_parallel calls work_through on up to `threads` threads at once, this one
// among them, and returns when all are done. It makes do with fewer where the
// system has no more.
template <class Work>
void run_parallel(std::size_t threads, Work work_through) {
  std::vector<std::jthread> helpers;
  while (helpers.size() + 1 < threads && start_helper(helpers, work_through)) continue;
  work_through();
}

}  // namespace weightmark
