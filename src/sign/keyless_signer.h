// Signing with an identity: a key for one signature, a certificate that says whose it is,
// an entry in a log that says so for good.
// https://github.com/sigstore/architecture-docs, client-spec, "Signing"
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "attest/bundle.h"
#include "crypto/ephemeral_key.h"
#include "net/http.h"
#include "sign/identity_token.h"
#include "trust/signing_config.h"
#include "verify/log_evidence.h"
#include "weightmark/signer.h"
#include "weightmark/trust.h"

namespace weightmark {

struct KeylessOptions {
  TrustedRoot root;
  SigningConfig config;
  HttpClient* http = nullptr;  // must live longer
  std::function<Time()> clock;
  // Gives a token. It is asked once the model is hashed: tokens live for minutes.
  std::function<Result<IdentityToken>()> token;
  std::string audience = std::string(kSigstoreAudience);
  // Asked before anything is sent: what the token says will be public for good.
  // Errors: identity-declined.
  std::function<Result<void>(const TokenIdentity&)> consent;
};

// KeylessSigner signs by the services of the configuration. Whatever they answer is
// verified by the trusted root before it is used.
// Its errors: signing-config-service, token-*, those of `token` and `consent`,
// authority-*, certificate-*, sct-*, timestamp-*, log-*, and those of HttpClient::send.
class KeylessSigner : public Signer {
 public:
  explicit KeylessSigner(KeylessOptions options) : options_(std::move(options)) {}

  Result<void> check(Time now) override;
  Result<Bundle> sign(std::string_view statement) override;
  Result<Verified<SignedStatement>> verify(const Bundle& bundle, Time now) const override;

  // sign_message signs bytes that the bundle does not carry.
  Result<Bundle> sign_message(ByteView message);

  // expected is whom the last certificate names.
  std::vector<ExpectedIdentity> expected() const;

 private:
  Result<Bundle> complete(Bundle bundle, ByteView signed_bytes);
  Result<bool> attest(Bundle& bundle, const SelectedServices& services, ByteView signed_bytes);
  Result<IdentityToken> confirmed_token() const;
  Result<Certificate> certify(const SigningService& authority, const IdentityToken& token, const EphemeralKey& key);
  Result<void> add_timestamp(Bundle& bundle, const SigningService& clock);
  Result<bool> add_log_entry(Bundle& bundle, const SigningService& log, const SignedContent& content);

  KeylessOptions options_;
  CertificateIdentity identity_;
};

}  // namespace weightmark
