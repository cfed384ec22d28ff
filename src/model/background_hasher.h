// Hashing what is written while it is written.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "weightmark/file_hasher.h"

namespace weightmark {

// BackgroundHasher is a FileHasher with a thread of its own. The thread hashes bytes where they
// lie while their owner writes them, and lags behind by copies of what it had not come to by
// then: hashing takes longer than writing to a fast disk, but who writes does other work too.
//
// One thread at a time may call it. Its own begins with the first megabyte.
class BackgroundHasher {
 public:
  // What is hashed at once, and how much of it may be copied, in bytes.
  static constexpr std::size_t kPieceSize = std::size_t{1} << 20U;
  static constexpr std::size_t kMostCopied = 128 * kPieceSize;

  explicit BackgroundHasher(std::string name);
  ~BackgroundHasher();
  BackgroundHasher(const BackgroundHasher&) = delete;
  BackgroundHasher& operator=(const BackgroundHasher&) = delete;

  // begin has the bytes hashed after those before. They must stay as they are until settle
  // has returned, for as many calls as were made by then.
  void begin(ByteView bytes);

  // settle returns as soon as nothing is needed any more of what begin was given: it copies
  // what is left, and waits where that is too much.
  void settle();

  // finish waits for all and returns the entry. The hasher is used up. Throws what hashing
  // threw: std::bad_alloc.
  FileEntry finish();

  // close ends the thread where the digest is wanted no more: nothing is needed any more of
  // what begin was given, and the hasher is used up. So does the destructor. In a process that
  // was forked meanwhile, which has no such thread, nothing is freed.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weightmark
