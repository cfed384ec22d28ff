// What signing with an identity takes: whose identity, and which Sigstore.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "cli/identity_flags.h"
#include "cli/login_flags.h"
#include "cli/trust_flags.h"
#include "cli/ui.h"
#include "net/http.h"
#include "sign/keyless_signer.h"

namespace weightmark::cli {

struct KeylessFlags {
  TrustFlags trust;
  IdentityFlags identity;
  LoginFlags login;
  std::string authority_url;
  std::string log_url;
  std::int64_t log_version = 2;
  std::string clock_url;
  bool yes = false;

  void add_to(CLI::App& method);

  // signer finds the services, and who is to be asked for a token. `http` and `ui` must
  // live longer.
  // Errors: those of TrustFlags::load_for_signing, TrustedRoot::parse and
  // parse_signing_config; token-missing.
  Result<std::unique_ptr<Signer>> signer(HttpClient& http, const Ui& ui) const;

 private:
  Result<SigningConfig> read_config(const std::string& json) const;
  Result<IdentityToken> obtain_token(HttpClient& http, const SigningConfig& config, const Ui& ui) const;
};

}  // namespace weightmark::cli
