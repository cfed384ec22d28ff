// A signed file, verified while its bytes arrive.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

class StreamVerifier;

// VerifiedStream takes the bytes of a file in order, as a download yields them, and
// hands on those that it has verified: node by node of the file's tree, or shard by
// shard. At most one of them, 64 MiB or the file's size, is held in memory. A file with
// neither can be handed on only when all of it has arrived, so it may have 64 MiB at
// most. VerifiedModel::open_stream makes one (weightmark/reader.h). It is used by one
// thread at a time.
class WEIGHTMARK_API VerifiedStream {
 public:
  // Sink gets verified bytes: in order, each once, from `offset` in the file. The bytes
  // are there only during the call. Its error ends the stream.
  using Sink = std::function<Result<void>(std::uint64_t offset, ByteView bytes)>;

  VerifiedStream(VerifiedStream&&) noexcept;
  VerifiedStream& operator=(VerifiedStream&&) noexcept;
  ~VerifiedStream();

  // write takes the next bytes; the sink is called for each node or shard that they
  // complete. After an error every further call returns the same error, and the sink
  // is not called again. The error's subject is the file.
  // Errors: file-mismatch, which says which bytes; stream-too-long, before anything of
  // `bytes` is looked at; stream-unverifiable, where a file without tree and shards has
  // over 64 MiB; those of the sink; usage after finish().
  Result<void> write(ByteView bytes);

  // finish says that no more will come. The file is verified only if it succeeds.
  // Errors: stream-too-short; those of write() where all is verified at the end.
  Result<void> finish();

 private:
  friend class VerifiedModel;
  explicit VerifiedStream(std::unique_ptr<StreamVerifier> verifier);

  std::unique_ptr<StreamVerifier> verifier_;
};

}  // namespace weightmark
