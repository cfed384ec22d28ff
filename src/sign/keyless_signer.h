// Signing with an identity: a key for one signature, a certificate that says whose it is,
// an entry in a log that says so for good.
// https://github.com/sigstore/architecture-docs, client-spec, "Signing"
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/http.h"
#include "sign/identity_token.h"
#include "trust/signing_config.h"
#include "weightmark/signer.h"
#include "weightmark/trusted_root.h"

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

// keyless_signer signs by the services of `config`. Whatever they answer is verified
// by `root` before it is used.
// Its errors: signing-config-service, token-*, those of `token` and `consent`,
// authority-*, certificate-*, sct-*, timestamp-*, log-*, and those of HttpClient::send.
std::unique_ptr<Signer> keyless_signer(KeylessOptions options);

}  // namespace weightmark
