// Signatures of TUF metadata, and the hashes of files.
#pragma once

#include <string_view>

#include "trust/tuf_metadata.h"

namespace weightmark::tuf {

// SignedText is what signatures are about.
struct SignedText {
  std::string_view bytes;
  const std::vector<Signature>& signatures;
};

template <class Body>
SignedText signed_text(const Metadata<Body>& metadata) {
  return {metadata.signed_bytes, metadata.signatures};
}

// check_signatures demands valid signatures by as many of the role's keys as its
// threshold says (section 5, "arbitrary software attack"). A key counts once, under
// however many ids; keys that are unknown here or damaged never count, nor do
// signatures that nobody asked for.
// Errors: tuf-signatures.
Result<void> check_signatures(const SignedText& text, const Keys& keys, const Role& role);

// check_hashes compares bytes with all hashes among SHA-256 and SHA-512.
// Errors: tuf-digest; tuf-hash-unknown where there are hashes, but none of the two.
Result<void> check_hashes(const Hashes& hashes, std::string_view text);

// check_meta_file compares a file with what is said of it, apart from its version.
// Errors: tuf-length, tuf-digest, tuf-hash-unknown.
Result<void> check_meta_file(const MetaFile& file, std::string_view text);

// check_target_file does so with a target.
// Errors: tuf-length, tuf-digest, tuf-hash-unknown.
Result<void> check_target_file(const TargetFile& file, std::string_view text);

}  // namespace weightmark::tuf
