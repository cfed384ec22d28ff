// Verified bytes of any range of any file of a signed model.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "weightmark/error.h"
#include "weightmark/export.h"
#include "weightmark/loaded_file.h"
#include "weightmark/manifest.h"
#include "weightmark/report.h"
#include "weightmark/stream.h"
#include "weightmark/verify.h"

namespace weightmark {

class VerifyingReader;

// VerifiedFile is one opened file, whose bytes are handed out only verified. Copies
// are the same file. Threads may use it at once; each unit is read by the first that
// comes, while different units are verified by different threads at once, also those of
// one long read.
//
// A unit is what the signature vouches for apart: a 64 MiB node of the file's tree, a
// shard, or, with only a digest, the whole file. Its first use reads and hashes all of
// it; of a unit of 64 MiB, 4 KiB of digests are kept. Each later read reads whole
// groups of 512 KiB and compares them with those digests, so that nothing passes that
// was written to the file since. The last group of which a part was wanted is held, for
// small reads in a row; others are best of some MiB. Of a file that the kernel has
// sealed only what is wanted is read, and nothing is hashed.
class WEIGHTMARK_API VerifiedFile {
 public:
  const std::string& name() const;

  // size is in bytes, as signed.
  std::uint64_t size() const;

  // coverage is kTree, kKernel (sealed, and the kernel checks each page) or kWhole (by
  // the digest of all of it, or of its shards).
  Coverage coverage() const;

  // read fills `out` with the verified bytes from `offset`. After an error, `out` is all
  // zeros; until read returns, it may hold bytes that are not verified. A file that does
  // not verify is refused each time; after a read error or a stop, read may be called
  // again. The error's subject is the file, and it says which bytes.
  // Errors: range-past-end; file-mismatch, where the bytes are not the signed ones;
  // file-changed, file-shrank, file-grew, where the file is no longer as it was when it
  // was opened; read-failed, file-unreadable; interrupted.
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> out) const;

 private:
  friend class VerifiedModel;
  explicit VerifiedFile(std::shared_ptr<VerifyingReader> reader);

  std::shared_ptr<VerifyingReader> reader_;
};

// VerifiedModel is a model whose signature holds, and whose files are verified as they
// are read. Copies are the same model. Threads may use it at once.
class WEIGHTMARK_API VerifiedModel {
 public:
  // open verifies the signature and what the caller expects of it, and opens the model,
  // but none of its files: files that are missing, or there unsigned, are not noticed
  // before check_files, nor are those handed out. With an empty `options.model` and a signature there are no
  // files to open, only streams. Of the options those about unsigned and ignored files
  // are for check_files, and `files` means nothing here; `work.threads` is for reads of several units. What the
  // others of `work` point to must outlive the model and its files.
  // Errors: those of verify_model up to the signature, model-not-found, symlink-refused,
  // special-*, file-unreadable.
  static Result<VerifiedModel> open(const VerifyOptions& options);

  // manifest says which files were signed.
  const Manifest& manifest() const;

  // signer says who signed.
  const SignerReport& signer() const;

  // check_files compares the names and sizes of the files that are there with the signed
  // ones, as verify_model does before it reads, and reads none; but where a policy forbids
  // contents (weightmark/content.h), it looks into them.
  // Errors: file-missing, file-extra, file-mismatch and shard-past-end of a size,
  // policy-uncovered, policy-content with those of content_facts, and those of listing: symlink-*, special-*, name-*,
  // too-many-files, file-unreadable, read-failed, interrupted.
  Result<void> check_files() const;

  // open_file opens a signed file by its name in the manifest, without following links
  // that are not allowed. Each opened file is verified for itself; it may outlive the
  // model. A file whose signature does not tell its size (neither tree nor shards) is
  // read and verified whole at once, since not even its size can be believed before; and
  // so is every file where `evidence` is not kTrees, or the caller expects the root
  // digest, which does not bind trees.
  // Errors: file-not-signed, file-missing, file-mismatch and shard-past-end where its
  // size or seal is not as signed, symlink-*, special-*, file-unreadable, read-failed;
  // of a file that is verified at once, those of VerifiedFile::read and tree-conflict.
  Result<VerifiedFile> open_file(std::string_view name) const;

  // load_file reads and verifies a signed file in one pass, on `work.threads` processors
  // where it has a tree or shards. What the kernel has sealed is mapped, not read.
  // Errors: those of open_file and VerifiedFile::read; out-of-memory.
  Result<LoadedFile> load_file(std::string_view name) const;

  // seal_copy does the same for libraries that want a file.
  // Errors: those of load_file.
  Result<SealedCopy> seal_copy(std::string_view name) const;

  // open_stream prepares to verify a signed file while its bytes arrive. Where a file is
  // verified whole (open_file), its tree does not count.
  // Errors: file-not-signed, stream-unverifiable.
  Result<VerifiedStream> open_stream(std::string_view name, VerifiedStream::Sink sink) const;

 private:
  struct State;
  explicit VerifiedModel(std::shared_ptr<const State> state);

  std::shared_ptr<const State> state_;
};

}  // namespace weightmark
