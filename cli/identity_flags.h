// Whose word on who signs: an identity token.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/ui.h"
#include "sign/identity_token.h"

namespace weightmark::cli {

struct IdentityFlags {
  std::string token;  // for take_secret
  std::string token_file;

  void add_to(CLI::App& method);

  // obtain returns the token that was given.
  // Errors: token-missing, token-malformed, and those of reading the file.
  Result<IdentityToken> obtain() const;
};

}  // namespace weightmark::cli
