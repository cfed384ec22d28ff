// Keys that sign and keys that verify.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/export.h"

namespace weightmark {

// KeyType is a kind of key that OMS clients use. The specification demands the
// three curves; RSA and Ed25519 are extensions of the Go client.
enum class KeyType { kEcP256, kEcP384, kEcP521, kRsa, kEd25519 };

// key_type_name returns a name for people, such as "EC P-256".
WEIGHTMARK_API std::string_view key_type_name(KeyType type);

// SignatureScheme is a hash, a padding and an encoding of the signature.
enum class SignatureScheme {
  kEcdsaSha256,     // DER SEQUENCE of r and s (RFC 3279, section 2.2.3)
  kEcdsaSha384,     //
  kEcdsaSha512,     //
  kRsaPkcs1Sha256,  // RFC 8017, section 8.2
  kEd25519ph,       // RFC 8032, section 5.1, pre-hashed with SHA-512, no context
  kEd25519,         // RFC 8032, section 5.1, pure
};

// default_scheme returns what a key of that type signs with: ECDSA with the hash
// of the curve's strength, RSA PKCS#1 v1.5 with SHA-256, Ed25519ph.
WEIGHTMARK_API SignatureScheme default_scheme(KeyType type);

// PublicKey is an immutable public key; copies are cheap and share it.
class WEIGHTMARK_API PublicKey {
 public:
  // from_pem takes one "PUBLIC KEY" block (RFC 7468, section 13).
  // Errors: key-malformed, key-unsupported.
  static Result<PublicKey> from_pem(std::string_view pem);

  // from_spki takes the DER of a SubjectPublicKeyInfo (RFC 5280, section 4.1).
  // Errors: key-malformed, key-unsupported.
  static Result<PublicKey> from_spki(ByteView der);

  KeyType type() const;
  int bits() const;
  std::string pem() const;
  Bytes spki() const;

  // fingerprint is the OMS key hint: lower-case hex SHA-256 over the PEM text of
  // the SubjectPublicKeyInfo, as OpenSSL writes it (64 columns, final newline).
  std::string fingerprint() const;

  // verify checks `signature` over `message`. A scheme that does not belong to
  // the key's type is refused like a wrong signature.
  // Errors: signature-invalid.
  Result<void> verify(ByteView message, ByteView signature, SignatureScheme scheme) const;

  // could_have_made says whether a signature has the shape of this key's: the
  // right length for RSA and Ed25519; for ECDSA well-formed DER whose larger
  // integer has about the size of the curve's order. A signature by a smaller
  // curve never fits, one by a larger curve or by this key misses with a chance
  // below 2^-100.
  bool could_have_made(ByteView signature) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.spki() == b.spki(); }

  struct Impl;
  explicit PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

// Secret holds a password or PIN and wipes it from memory when destroyed.
class WEIGHTMARK_API Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  void wipe();
  std::vector<char> text_;
};

// SecretSource is asked at most once, and only when a secret is needed: the key
// is encrypted, the token wants a PIN.
using SecretSource = std::function<Result<Secret>()>;

// SigningKey signs with a private key, wherever that lies. It is used by one
// thread at a time: a token keeps state between the steps of a signature.
class WEIGHTMARK_API SigningKey {
 public:
  virtual ~SigningKey() = default;
  virtual const PublicKey& public_key() const = 0;

  // sign signs `message` with default_scheme(public_key().type()).
  virtual Result<Bytes> sign(ByteView message) = 0;
};

// load_private_key takes a PEM private key: PKCS#8, encrypted PKCS#8, SEC1 or
// PKCS#1, the latter two also with the older PEM encryption.
// Errors: key-malformed, key-unsupported, key-password-required,
// key-password-wrong, and whatever `password` returns.
WEIGHTMARK_API Result<std::unique_ptr<SigningKey>> load_private_key(std::string_view pem, const SecretSource& password);

// Pkcs11Options names a private key on a token.
struct Pkcs11Options {
  std::string uri = {};  // RFC 7512
  // Folders searched for the URI's module-name before the system's own.
  std::vector<std::filesystem::path> module_folders = {};
  // Asked when the URI has neither pin-value nor pin-source and the token
  // demands a login. May be empty.
  SecretSource pin = {};
};

// open_pkcs11_key logs in to the token and finds the key. The URI must name a
// key by id or object, and a token by token, serial or slot-id. The session is
// closed when the key is destroyed.
// Errors: pkcs11-uri, pkcs11-module, pkcs11-token, pkcs11-key, pkcs11-pin,
// pkcs11-failed, key-unsupported.
WEIGHTMARK_API Result<std::unique_ptr<SigningKey>> open_pkcs11_key(const Pkcs11Options& options);

}  // namespace weightmark
