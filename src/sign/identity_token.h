// The identity token: a provider's word on who is there, as a JSON Web Token (RFC 7519,
// OpenID Connect Core 1.0, section 2).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weightmark/certificate.h"
#include "weightmark/error.h"
#include "weightmark/identity.h"
#include "weightmark/key.h"

namespace weightmark {

// What Sigstore's services call themselves, towards providers.
inline constexpr std::string_view kSigstoreAudience = "sigstore";

inline constexpr std::size_t kMaxIdentityToken = std::size_t{64} << 10U;

// TokenIdentity is who will stand in the certificate, and so in public logs for good.
struct TokenIdentity {
  std::string name;      // an address, or the URI of a workflow
  std::string provider;  // who confirmed it
};

// IdentityToken is read to know beforehand what is published, and afterwards whether
// that happened. Its signature is for the certificate authority to verify.
class IdentityToken {
 public:
  // parse takes the compact form, with white space around it. Who has it can sign in its
  // owner's name while it is valid: it is wiped when destroyed.
  // Errors: token-malformed.
  static Result<IdentityToken> parse(std::string_view text);

  std::string_view text() const { return text_.view(); }
  const std::string& issuer() const { return issuer_; }
  Time expires() const { return expires_; }

  // check refuses what the certificate authority would: before anybody is asked to
  // consent. Errors: token-expired, token-audience, token-identity.
  Result<void> check(Time now, std::string_view audience) const;

  // identity is what a certificate of Fulcio's will say, as far as the token tells.
  TokenIdentity identity() const;

  // names says whether a certificate names the token's owner. How a provider's claims
  // become a name is up to the authority, so any name that its rules could make will do.
  bool names(const CertificateIdentity& found) const;

  // claim returns a claim's text, "" where it is not made. Those of objects within the
  // token have the path to them, with dots.
  std::string_view claim(std::string_view name) const;

 private:
  IdentityToken() = default;
  std::vector<SubjectName> possible_names() const;
  std::vector<std::string> possible_providers() const;

  Secret text_;
  std::string issuer_;
  std::vector<std::string> audience_;
  Time expires_{};
  Time not_before_{};
  std::map<std::string, std::string, std::less<>> claims_;  // the strings and flags
};

}  // namespace weightmark
