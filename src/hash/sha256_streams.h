// SHA-256 of several whole files in lockstep. One stream is serial, but sixteen
// streams fill the lanes of one register.
#pragma once

#include <span>
#include <vector>

#include "hash/sha256.h"

namespace weightmark {

// Sha256Streams computes the digests of several streams given piece by piece.
// Pieces of about equal lengths are fastest; streams may begin and end at any
// time.
class Sha256Streams {
 public:
  explicit Sha256Streams(std::size_t streams) : streams_(streams) {}

  std::size_t size() const { return streams_.size(); }

  // update appends pieces[i] to stream i, for each i; an empty piece leaves its
  // stream alone. `pieces` has one for each stream.
  void update(std::span<const ByteView> pieces);

  // finish returns a stream's digest and leaves the stream as if new.
  Sha256Digest finish(std::size_t stream) { return streams_[stream].finish(); }

 private:
  // Run is the whole blocks of one stream that are still to be compressed.
  struct Run {
    Sha256State* state;
    const std::uint8_t* data;
    std::size_t blocks;
  };

  static void compress_runs(std::vector<Run>& runs);
  static void advance(const Sha256Kernel& kernel, std::span<Run> runs);

  std::vector<Sha256> streams_;
};

}  // namespace weightmark
