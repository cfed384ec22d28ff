// Verifying one file while its bytes arrive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "read/units.h"
#include "weightmark/stream.h"

namespace weightmark {

// StreamVerifier holds the bytes of one unit until all of it is there, verified and
// handed on.
class StreamVerifier {
 public:
  // Errors: stream-unverifiable.
  static Result<std::unique_ptr<StreamVerifier>> create(const FileEntry& entry, VerifiedStream::Sink sink);

  // write and finish are those of VerifiedStream.
  Result<void> write(ByteView bytes);
  Result<void> finish();

 private:
  StreamVerifier(const FileEntry& entry, VerifiedStream::Sink sink);

  // received is how many bytes have arrived.
  std::uint64_t received() const { return unit_.begin + held_.size(); }
  Result<void> check_open() const;
  Result<void> take(ByteView bytes);
  Result<void> complete();
  Result<void> hand_on();
  Result<void> keep(Result<void> status);

  bool size_known_;  // else the file is one unit, whose end is where the stream ends
  Units units_;
  VerifiedStream::Sink sink_;
  Unit unit_;
  Bytes held_;  // of unit_
  std::optional<Error> error_;
  bool finished_ = false;
};

}  // namespace weightmark
