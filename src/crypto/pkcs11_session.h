// A session with a PKCS#11 token: login, objects, attributes, signing.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "crypto/pkcs11_module.h"
#include "crypto/pkcs11_uri.h"
#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/key.h"

namespace weightmark {

// Pkcs11Token is a token in a slot of a loaded module.
struct Pkcs11Token {
  CK_FUNCTION_LIST* module;
  CK_SLOT_ID slot;
  CK_TOKEN_INFO info;
};

// find_token returns the one token that the URI names.
// Errors: pkcs11-token.
Result<Pkcs11Token> find_token(const Pkcs11Uri& uri, const Pkcs11Modules& modules);

// Pkcs11Attribute is an attribute to look for.
struct Pkcs11Attribute {
  CK_ATTRIBUTE_TYPE type;
  Bytes value;
};

// pkcs11_number writes a CK_ULONG as an attribute's value.
Bytes pkcs11_number(CK_ULONG number);

// Pkcs11Session is a read-only session, closed when destroyed.
class Pkcs11Session {
 public:
  // Errors: pkcs11-failed.
  static Result<Pkcs11Session> open(const Pkcs11Token& token);

  Pkcs11Session(Pkcs11Session&& other) noexcept;
  Pkcs11Session& operator=(Pkcs11Session&&) = delete;
  ~Pkcs11Session();

  // log_in gives the user's PIN, or none for a token with a keypad of its own.
  // Errors: pkcs11-pin, pkcs11-failed.
  Result<void> log_in(const Secret* pin);

  // find returns the objects that have all of the attributes, at most 64.
  // Errors: pkcs11-failed.
  Result<std::vector<CK_OBJECT_HANDLE>> find(std::vector<Pkcs11Attribute> attributes) const;

  // attribute returns a value, or nothing when the object has none to show.
  std::optional<Bytes> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;
  std::optional<CK_ULONG> number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const;

  // start_signature begins a signature with a mechanism that has no parameters.
  // Errors: pkcs11-failed.
  Result<void> start_signature(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism);

  // authenticate gives the PIN again for a signature that has begun, as a key
  // with CKA_ALWAYS_AUTHENTICATE demands (PKCS#11 v2.40, section 4.9).
  // Errors: pkcs11-pin, pkcs11-failed.
  Result<void> authenticate(const Secret* pin);

  // finish_signature signs `data`.
  // Errors: pkcs11-failed.
  Result<Bytes> finish_signature(ByteView data);

 private:
  Pkcs11Session(CK_FUNCTION_LIST* module, CK_SESSION_HANDLE handle) : module_(module), handle_(handle) {}
  CK_RV login_status(CK_USER_TYPE user, const Secret* pin);

  CK_FUNCTION_LIST* module_;  // null when moved from
  CK_SESSION_HANDLE handle_;
};

}  // namespace weightmark
