#include "crypto/pkcs11_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/try.h"
#include "crypto/der.h"
#include "crypto/ecdsa_signature.h"
#include "crypto/pkcs11_session.h"
#include "crypto/public_key.h"

namespace weightmark {
namespace {

// DigestInfo's AlgorithmIdentifier for SHA-256 (RFC 8017, appendix B.1).
constexpr std::uint8_t kSha256Identifier[] = {0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                              0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00};

std::unexpected<Error> token_failed(std::string what) {
  return std::unexpected(Error{ErrorCode::kPkcs11Failed, std::move(what), {}, "do not use this token's signatures"});
}

// about names the URI in an error that does not say what it is about.
template <class T>
Result<T> about(const Pkcs11Uri& uri, Result<T> result) {
  if (!result && result.error().subject.empty()) result.error().subject = uri.text();
  return result;
}

// TokenKey signs with a private key that never leaves its token. Hashes are made
// here, since not every token has them.
class TokenKey : public SigningKey {
 public:
  TokenKey(Pkcs11Modules modules, Pkcs11Session session, CK_OBJECT_HANDLE handle, PublicKey public_key,
           bool always_authenticate, std::optional<Secret> pin)
      : modules_(std::move(modules)),
        session_(std::move(session)),
        handle_(handle),
        public_key_(std::move(public_key)),
        always_authenticate_(always_authenticate),
        pin_(std::move(pin)) {}

  const PublicKey& public_key() const override { return public_key_; }

  Result<Bytes> sign(ByteView message) override {
    WM_TRY(Bytes signature, public_key_.type() == KeyType::kRsa ? sign_rsa(message) : sign_ecdsa(message));
    // A token with a fault, or with another public key than it says, must not
    // yield a bundle that nobody can verify.
    if (public_key_.verify(message, signature, scheme())) return signature;
    return token_failed("the token's signature does not verify with its own public key");
  }

 private:
  SignatureScheme scheme() const { return default_scheme(public_key_.type()); }
  Bytes hashed(ByteView message) const { return hash(hash_of(scheme()), message); }

  Result<Bytes> sign_with(CK_MECHANISM_TYPE mechanism, ByteView data) {
    WM_CHECK(session_.start_signature(handle_, mechanism));
    if (always_authenticate_) WM_CHECK(session_.authenticate(pin_ ? &*pin_ : nullptr));
    return session_.finish_signature(data);
  }

  Result<Bytes> sign_ecdsa(ByteView message) {
    WM_TRY(Bytes raw, sign_with(CKM_ECDSA, hashed(message)));
    std::optional<Bytes> der = ecdsa_signature_from_raw(raw);
    if (!der) return token_failed("the token's signature is not r and s of equal length");
    return *std::move(der);
  }

  Result<Bytes> sign_rsa(ByteView message) {
    Bytes digest = der_value(kDerOctetString, {hashed(message)});
    return sign_with(CKM_RSA_PKCS, der_value(kDerSequence, {kSha256Identifier, digest}));
  }

  // The session must be closed before its module is released.
  Pkcs11Modules modules_;
  Pkcs11Session session_;
  CK_OBJECT_HANDLE handle_;
  PublicKey public_key_;
  bool always_authenticate_;
  std::optional<Secret> pin_;  // kept only for a key that wants it for every signature
};

// ask_pin asks the caller, when the URI does not say what the PIN is.
Result<Secret> ask_pin(const Pkcs11Uri& uri, const SecretSource& source) {
  if (source) return source();
  return uri.fail(ErrorCode::kPkcs11Pin, "the token wants a PIN and none was given",
                  "give the PIN, or name a file that has it with pin-source in the URI");
}

// log_in returns the PIN that was used, or nothing when none was needed.
Result<std::optional<Secret>> log_in(Pkcs11Uri& uri, const SecretSource& source, const Pkcs11Token& token,
                                     Pkcs11Session& session) {
  WM_TRY(std::optional<Secret> pin, uri.take_pin());
  bool required = (token.info.flags & CKF_LOGIN_REQUIRED) != 0;
  bool has_keypad = (token.info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
  if (!pin && !required) return std::nullopt;
  if (!pin && !has_keypad) {
    WM_TRY(Secret asked, ask_pin(uri, source));
    pin = std::move(asked);
  }
  WM_CHECK(about(uri, session.log_in(pin ? &*pin : nullptr)));
  return pin;
}

std::string describe_object(const Pkcs11Session& session, CK_OBJECT_HANDLE object) {
  Bytes label = session.attribute(object, CKA_LABEL).value_or(Bytes());
  Bytes id = session.attribute(object, CKA_ID).value_or(Bytes());
  return fmt::format("\"{}\" (id {})", as_text(label), to_hex(id));
}

std::string list_of(const Pkcs11Session& session, const std::vector<CK_OBJECT_HANDLE>& objects) {
  std::string list;
  for (CK_OBJECT_HANDLE object : objects)
    list += fmt::format("{}{}", list.empty() ? "" : ", ", describe_object(session, object));
  return list;
}

std::unexpected<Error> no_key(const Pkcs11Uri& uri, const Pkcs11Session& session) {
  Result<std::vector<CK_OBJECT_HANDLE>> all = session.find({{CKA_CLASS, pkcs11_number(CKO_PRIVATE_KEY)}});
  std::string what = "no private key on the token matches the URI";
  if (all && !all->empty()) what += fmt::format("; there are {}", list_of(session, *all));
  return uri.fail(ErrorCode::kPkcs11Key, std::move(what), "check the URI's object and id");
}

Result<CK_OBJECT_HANDLE> find_private_key(const Pkcs11Uri& uri, const Pkcs11Session& session) {
  std::vector<Pkcs11Attribute> wanted = {{CKA_CLASS, pkcs11_number(CKO_PRIVATE_KEY)}};
  if (std::optional<Bytes> id = uri.id()) wanted.push_back({CKA_ID, *id});
  if (std::optional<Bytes> label = uri.object()) wanted.push_back({CKA_LABEL, *label});
  WM_TRY(std::vector<CK_OBJECT_HANDLE> found, about(uri, session.find(std::move(wanted))));
  if (found.size() == 1) return found.front();
  if (found.empty()) return no_key(uri, session);
  return uri.fail(ErrorCode::kPkcs11Key,
                  fmt::format("more than one private key matches the URI: {}", list_of(session, found)),
                  "give both object and id");
}

// objects_with_public_key returns the public keys that share the private key's
// id, or else its label, and last the private key itself: some tokens have the
// public attributes only there.
std::vector<CK_OBJECT_HANDLE> objects_with_public_key(const Pkcs11Session& session, CK_OBJECT_HANDLE private_key) {
  std::vector<CK_OBJECT_HANDLE> objects;
  for (CK_ATTRIBUTE_TYPE type : {CKA_ID, CKA_LABEL}) {
    std::optional<Bytes> value = session.attribute(private_key, type);
    if (!objects.empty() || !value || value->empty()) continue;
    objects = session.find({{CKA_CLASS, pkcs11_number(CKO_PUBLIC_KEY)}, {type, *value}}).value_or(objects);
  }
  objects.push_back(private_key);
  return objects;
}

// public_key_of reads an object's public attributes; nothing when it has none.
std::optional<Result<PublicKey>> public_key_of(const Pkcs11Session& session, CK_OBJECT_HANDLE object,
                                               CK_KEY_TYPE key_type) {
  bool rsa = key_type == CKK_RSA;
  std::optional<Bytes> first = session.attribute(object, rsa ? CKA_MODULUS : CKA_EC_PARAMS);
  std::optional<Bytes> second = session.attribute(object, rsa ? CKA_PUBLIC_EXPONENT : CKA_EC_POINT);
  if (!first || !second || first->empty() || second->empty()) return std::nullopt;
  return rsa ? public_key_from_rsa(*first, *second) : public_key_from_ec(*first, *second);
}

Result<CK_KEY_TYPE> supported_type(const Pkcs11Uri& uri, const Pkcs11Session& session, CK_OBJECT_HANDLE private_key) {
  CK_KEY_TYPE type = session.number(private_key, CKA_KEY_TYPE).value_or(CK_UNAVAILABLE_INFORMATION);
  if (type == CKK_EC || type == CKK_RSA) return type;
  std::string name = type == CKK_EC_EDWARDS ? "an Edwards curve" : fmt::format("type 0x{:x}", type);
  return uri.fail(ErrorCode::kKeyUnsupported, fmt::format("keys of {} on tokens are not supported", name),
                  "use an EC key on P-256, P-384 or P-521, or an RSA key of 2048 bits or more");
}

std::unexpected<Error> bad_public_key(const Pkcs11Uri& uri, const Error& error) {
  ErrorCode code = error.code == ErrorCode::kKeyUnsupported ? error.code : ErrorCode::kPkcs11Key;
  return uri.fail(code, error.what, error.hint);
}

// find_public_key refuses to choose between different keys with one id.
Result<PublicKey> find_public_key(const Pkcs11Uri& uri, const Pkcs11Session& session, CK_OBJECT_HANDLE private_key) {
  WM_TRY(CK_KEY_TYPE type, supported_type(uri, session, private_key));
  std::optional<PublicKey> found;
  for (CK_OBJECT_HANDLE object : objects_with_public_key(session, private_key)) {
    std::optional<Result<PublicKey>> key = public_key_of(session, object, type);
    if (!key) continue;
    if (!*key) return bad_public_key(uri, (*key).error());
    if (found && *found != **key)
      return uri.fail(ErrorCode::kPkcs11Key, "more than one public key belongs to the private key",
                      "give each pair of keys on the token an id of its own");
    found = **key;
  }
  if (found) return *std::move(found);
  return uri.fail(ErrorCode::kPkcs11Key, "the token does not show the public key that belongs to the private key",
                  "put the public key on the token with the same id");
}

// wants_pin_each_time: CKA_ALWAYS_AUTHENTICATE, such as the signature key of a
// PIV card.
bool wants_pin_each_time(const Pkcs11Session& session, CK_OBJECT_HANDLE private_key) {
  std::optional<Bytes> value = session.attribute(private_key, CKA_ALWAYS_AUTHENTICATE);
  return value && !value->empty() && value->front() != CK_FALSE;
}

}  // namespace

Result<std::unique_ptr<SigningKey>> open_pkcs11_key(const Pkcs11Options& options) {
  WM_TRY(Pkcs11Uri uri, Pkcs11Uri::parse(options.uri));
  WM_TRY(Pkcs11Modules modules, Pkcs11Modules::load(uri, options.module_folders));
  WM_TRY(Pkcs11Token token, find_token(uri, modules));
  WM_TRY(Pkcs11Session session, about(uri, Pkcs11Session::open(token)));
  WM_TRY(std::optional<Secret> pin, log_in(uri, options.pin, token, session));
  WM_TRY(CK_OBJECT_HANDLE handle, find_private_key(uri, session));
  WM_TRY(PublicKey public_key, find_public_key(uri, session, handle));
  bool always_authenticate = wants_pin_each_time(session, handle);
  if (!always_authenticate) pin.reset();
  return std::make_unique<TokenKey>(std::move(modules), std::move(session), handle, std::move(public_key),
                                    always_authenticate, std::move(pin));
}

}  // namespace weightmark
