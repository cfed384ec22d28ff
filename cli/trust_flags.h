// Where trust in Sigstore's services comes from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/ui.h"
#include "weightmark/trusted_root.h"

namespace weightmark::cli {

struct TrustFlags {
  std::string trusted_root;
  std::string trust_config;
  bool staging = false;
  bool offline = false;

  // add_to returns the options.
  std::vector<CLI::Option*> add_to(CLI::App& method);

  // read returns what was named, else what Sigstore's repository vouches for: now, or,
  // offline, when it was asked last.
  // Errors: those of reading and parsing it, of TUF, and of the network.
  Result<TrustedRoot> read(const Ui& ui) const;
};

}  // namespace weightmark::cli
