// How a person without an identity token gets one.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/ui.h"
#include "login/login.h"

namespace weightmark::cli {

struct LoginFlags {
  std::string method;  // "browser", "device" or "code"; "" for what is possible here
  bool force_code = false;
  std::string issuer;  // "" for the one that the signing configuration names
  std::string client_id = std::string(kSigstoreAudience);
  std::string client_secret;  // for take_secret

  void add_to(CLI::App& method);

  // wanted says whether somebody is there to log in, or a way was named.
  bool wanted(const Ui& ui) const;

  // log_in says what to do, and waits until it was done. Errors: those of log_in_by_*.
  Result<IdentityToken> log_in(HttpClient& http, const std::string& provider, const Ui& ui) const;

 private:
  LoginOptions options(HttpClient& http, const std::string& provider) const;
};

}  // namespace weightmark::cli
