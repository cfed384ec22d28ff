// PKCS#11 URIs (RFC 7512) that name a private key.
#pragma once

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "weightmark/bytes.h"
#include "weightmark/error.h"
#include "weightmark/key.h"

namespace weightmark {

// redact_pin returns the URI without the value of anything that looks like a
// PIN, for messages. It does not rely on the URI being valid.
std::string redact_pin(std::string_view uri);

// pin_from_file reads a PIN of at most 1 KiB and drops one newline at its end.
// Errors: pkcs11-pin.
Result<Secret> pin_from_file(const std::filesystem::path& path);

// Pkcs11Uri is a URI that names a private key by id or object, and a token by
// token, serial or slot-id.
class Pkcs11Uri {
 public:
  // Errors: pkcs11-uri.
  static Result<Pkcs11Uri> parse(std::string_view text);

  // text is the URI without its PIN.
  const std::string& text() const { return text_; }

  std::string module_name() const;            // "" when not given
  std::filesystem::path module_path() const;  // "" when not given, else absolute

  bool matches_module(const CK_INFO& info) const;
  bool matches_token(CK_SLOT_ID slot, const CK_SLOT_INFO& slot_info, const CK_TOKEN_INFO& token_info) const;

  std::optional<Bytes> id() const;      // CKA_ID
  std::optional<Bytes> object() const;  // CKA_LABEL

  // take_pin returns what pin-value or pin-source give, or nothing when there is
  // neither. Of a pin-value nothing is left behind: there is none the next time.
  // Errors: pkcs11-pin, pkcs11-uri.
  Result<std::optional<Secret>> take_pin();

  // fail makes an error about this URI.
  std::unexpected<Error> fail(ErrorCode code, std::string what, std::string hint = {}) const;

 private:
  Pkcs11Uri() = default;
  Result<void> check() const;
  Result<Secret> pin_from_source(std::string_view source) const;
  std::optional<Bytes> attribute(CK_ATTRIBUTE_TYPE type) const;
  bool names_token() const;
  bool names_private_key() const;

  // FreeUri wipes the PIN first, which p11-kit does not.
  struct FreeUri {
    void operator()(P11KitUri* uri) const;
  };

  std::unique_ptr<P11KitUri, FreeUri> uri_{p11_kit_uri_new()};
  std::string text_;
};

}  // namespace weightmark
