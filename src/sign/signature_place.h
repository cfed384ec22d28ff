// Where a new signature goes.
#pragma once

#include <cstdint>
#include <filesystem>

#include "attest/bundle.h"
#include "base/file.h"
#include "weightmark/error.h"

namespace weightmark {

// SignaturePlace is a place that can be written. The folder of further signatures is
// made where it is missing, and goes again where nothing was written into it.
class SignaturePlace {
 public:
  // prepare finds out before anything is hashed whether the signature can be written.
  // It may replace an older one of its kind, but no other file: neither an attestation a
  // signature, nor the other way round.
  // Errors: usage, signature-place-taken, read-failed, write-failed, disk-full.
  enum class Kind : std::uint8_t { kSignature, kAttestation };
  static Result<SignaturePlace> prepare(const std::filesystem::path& path, const std::filesystem::path& model,
                                        Kind kind = Kind::kSignature);

  ~SignaturePlace();
  SignaturePlace(SignaturePlace&& other) noexcept;
  SignaturePlace& operator=(SignaturePlace&&) = delete;
  SignaturePlace(const SignaturePlace&) = delete;
  SignaturePlace& operator=(const SignaturePlace&) = delete;

  // stage writes the bundle to a file that has no name yet.
  // Errors: write-failed, disk-full.
  Result<AtomicFile> stage(const Bundle& bundle) const;

 private:
  explicit SignaturePlace(std::filesystem::path path) : path_(std::move(path)) {}
  Result<void> make_folder(const std::filesystem::path& model);

  std::filesystem::path path_;
  std::filesystem::path made_;  // the folder, where it was missing
};

}  // namespace weightmark
