#include "model/background_hasher.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace weightmark {
namespace {

using Buffer = std::unique_ptr<std::uint8_t[]>;

constexpr std::size_t kPieceSize = BackgroundHasher::kPieceSize;
constexpr std::size_t kMostBuffers = BackgroundHasher::kMostCopied / kPieceSize;

// Piece is kPieceSize bytes, borrowed or in a buffer of its own.
struct Piece {
  explicit Piece(const std::uint8_t* borrowed) : data(borrowed) {}
  explicit Piece(Buffer copy) : data(copy.get()), buffer(std::move(copy)) {}

  bool borrowed() const { return buffer == nullptr; }

  const std::uint8_t* data;
  Buffer buffer;
};

}  // namespace

struct BackgroundHasher::State {
  explicit State(std::string name) : hasher(std::move(name)) {}

  // The thread's while there is one.
  FileHasher hasher;
  std::exception_ptr exception;  // what hashing threw

  // What was given in smaller parts than a piece.
  Buffer collected;
  std::size_t filled = 0;

  std::mutex mutex;  // of what follows up to the thread
  std::condition_variable changed;
  std::deque<Piece> pieces;   // that wait, in order
  std::uint64_t first = 0;    // the number of the first of them, by which they are known
  bool borrows = false;       // the piece being hashed is borrowed
  std::size_t buffers = 0;    // in use
  std::vector<Buffer> spare;  // not in use
  bool ended = false;

  std::thread thread;
  pid_t process = 0;  // that the thread is in

  // buffer returns one, or nothing where that would be too many. The mutex is held.
  Buffer buffer() {
    if (buffers == kMostBuffers) return nullptr;
    Buffer found;
    if (spare.empty()) {
      found.reset(new (std::nothrow) std::uint8_t[kPieceSize]);
    } else {
      found = std::move(spare.back());
      spare.pop_back();
    }
    if (found) ++buffers;
    return found;
  }

  void give_back(Buffer used) {
    if (!used) return;
    --buffers;
    spare.push_back(std::move(used));
  }

  void collect(ByteView bytes) {
    if (!collected) {
      std::unique_lock lock(mutex);
      // Without memory for one there is none to wait for either, unless others are in use.
      while (!(collected = buffer()))
        if (buffers == 0)
          throw std::bad_alloc();
        else
          changed.wait(lock);
    }
    std::ranges::copy(bytes, collected.get() + filled);
    filled += bytes.size();
    if (filled < kPieceSize) return;
    filled = 0;
    hand_over(Piece(std::move(collected)));
  }

  void hand_over(Piece piece) {
    if (!thread.joinable() && !start()) {
      hasher.update({piece.data, kPieceSize});
      return give_back(std::move(piece.buffer));
    }
    const std::lock_guard lock(mutex);
    pieces.push_back(std::move(piece));
    changed.notify_all();
  }

  // start returns false where the system has no more threads.
  bool start() {
    try {
      process = ::getpid();
      thread = std::thread([this] { work(); });
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return ended || !pieces.empty(); });
      if (pieces.empty()) return;
      Piece piece = std::move(pieces.front());
      pieces.pop_front();
      ++first;
      borrows = piece.borrowed();
      lock.unlock();
      hash(piece);
      lock.lock();
      borrows = false;
      give_back(std::move(piece.buffer));
      changed.notify_all();
    }
  }

  void hash(const Piece& piece) {
    try {
      if (!exception) hasher.update({piece.data, kPieceSize});
    } catch (...) {
      exception = std::current_exception();
    }
  }

  // copy_borrowed copies from the end, while the thread comes from the front.
  void copy_borrowed(std::unique_lock<std::mutex>& lock) {
    for (;;) {
      const auto last = std::find_if(pieces.rbegin(), pieces.rend(), [](const Piece& each) { return each.borrowed(); });
      if (last == pieces.rend()) return;
      const std::uint64_t number = first + static_cast<std::uint64_t>(pieces.rend() - last) - 1;
      const std::uint8_t* data = last->data;
      Buffer copy = buffer();
      if (!copy) {
        changed.wait(lock);
        continue;
      }
      lock.unlock();
      std::copy_n(data, kPieceSize, copy.get());
      lock.lock();
      if (number < first)
        give_back(std::move(copy));  // the thread was faster
      else
        pieces[number - first] = Piece(std::move(copy));
    }
  }

  void forget() {
    const std::lock_guard lock(mutex);
    pieces.clear();
  }

  void end() {
    {
      const std::lock_guard lock(mutex);
      ended = true;
      changed.notify_all();
    }
    thread.join();
  }
};

BackgroundHasher::BackgroundHasher(std::string name) : state_(std::make_unique<State>(std::move(name))) {}

BackgroundHasher::~BackgroundHasher() { close(); }

// Pieces are cut where the file has multiples of their size, so that what is hashed begins with a block.
void BackgroundHasher::begin(ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView taken = bytes.first(std::min(kPieceSize - state_->filled, bytes.size()));
    if (taken.size() == kPieceSize)
      state_->hand_over(Piece(taken.data()));
    else
      state_->collect(taken);
    bytes = bytes.subspan(taken.size());
  }
}

void BackgroundHasher::settle() {
  std::unique_lock lock(state_->mutex);
  state_->copy_borrowed(lock);
  state_->changed.wait(lock, [this] { return !state_->borrows; });
}

FileEntry BackgroundHasher::finish() {
  if (state_->thread.joinable()) state_->end();
  if (state_->exception) std::rethrow_exception(state_->exception);
  if (state_->collected) state_->hasher.update({state_->collected.get(), state_->filled});
  return state_->hasher.finish();
}

void BackgroundHasher::close() {
  if (!state_) return;
  if (state_->thread.joinable()) {
    if (state_->process != ::getpid()) {
      [[maybe_unused]] State* left = state_.release();  // its mutex may be held for ever
      return;
    }
    state_->forget();
    state_->end();
  }
  state_.reset();
}

}  // namespace weightmark
