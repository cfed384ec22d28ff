#include "hash/sha256_streams.h"

#include <algorithm>

namespace weightmark {

void Sha256Streams::update(std::span<const ByteView> pieces) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const ByteView rest = streams_[i].complete_block(pieces[i]);
    const std::size_t blocks = rest.size() / kSha256BlockSize;
    if (blocks > 0) runs.push_back({&streams_[i].state_, rest.data(), blocks});
    streams_[i].keep(rest.subspan(blocks * kSha256BlockSize));
  }
  compress_runs(runs);
}

// The longest runs go first, so that short ones are left for the end, when they
// can still share a call.
void Sha256Streams::compress_runs(std::vector<Run>& runs) {
  const Sha256Kernel& wide = wide_sha256_kernel();
  const Sha256Kernel& narrow = stream_sha256_kernel();
  while (!runs.empty()) {
    std::ranges::sort(runs, std::ranges::greater(), &Run::blocks);
    const Sha256Kernel& kernel = runs.size() >= wide.fewest ? wide : narrow;
    advance(kernel, std::span(runs).first(std::min(kernel.lanes, runs.size())));
    std::erase_if(runs, [](const Run& run) { return run.blocks == 0; });
  }
}

// advance takes all runs as far as the shortest of them reaches.
void Sha256Streams::advance(const Sha256Kernel& kernel, std::span<Run> runs) {
  Sha256State states[kSha256MostLanes];
  const std::uint8_t* data[kSha256MostLanes] = {};
  const std::size_t blocks = std::ranges::min(runs, {}, &Run::blocks).blocks;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    states[i] = *runs[i].state;
    data[i] = runs[i].data;
  }
  kernel.compress(states, data, runs.size(), blocks);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    *runs[i].state = states[i];
    runs[i].data += blocks * kSha256BlockSize;
    runs[i].blocks -= blocks;
  }
}

}  // namespace weightmark
