// Whose word on who signs: an identity token.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/ui.h"
#include "net/http.h"
#include "sign/identity_token.h"

namespace weightmark::cli {

struct IdentityFlags {
  std::string token;  // for take_secret
  std::string token_file;
  bool ambient = false;

  void add_to(CLI::App& method);

  // obtain returns the token that was given, else one that the surroundings offer;
  // nothing where they offer none. Errors: those of ambient_token and of reading the file.
  Result<std::optional<IdentityToken>> obtain(HttpClient& http) const;
};

}  // namespace weightmark::cli
