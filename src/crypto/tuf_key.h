// Public keys as TUF metadata spells them, and the signatures that they verify.
// https://theupdateframework.github.io/specification/v1.0.33/ section 4.2
#pragma once

#include <string_view>
#include <utility>

#include "weightmark/key.h"

namespace weightmark {

// TufKey is a public key with the one scheme that it may be used with.
class TufKey {
 public:
  // parse takes the members of a key object: "rsa" with "rsassa-pss-sha256" and
  // "ecdsa" with "ecdsa-sha2-nistp256", both PEM, or "ed25519" with "ed25519", 64
  // hexadecimal digits. Older metadata has "ecdsa-sha2-nistp256" for the type too.
  // Errors: key-malformed, key-unsupported.
  static Result<TufKey> parse(std::string_view type, std::string_view scheme, std::string_view value);

  bool verify(ByteView message, ByteView signature) const;

  // The same key under another key id is the same key.
  friend bool operator==(const TufKey& a, const TufKey& b) { return a.key_ == b.key_; }

 private:
  explicit TufKey(PublicKey key) : key_(std::move(key)) {}

  PublicKey key_;
};

}  // namespace weightmark
