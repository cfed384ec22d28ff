// Options that say where trust in Sigstore's services comes from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/ui.h"
#include "host/trust_source.h"
#include "weightmark/trusted_root.h"

namespace weightmark::cli {

struct TrustFlags {
  TrustPlaces places = {};

  // add_to returns the options.
  std::vector<CLI::Option*> add_to(CLI::App& method);

  // add_signing_to returns those of a command that signs.
  std::vector<CLI::Option*> add_signing_to(CLI::App& method);

  // read returns what was named, else what Sigstore's repository vouches for: now, or,
  // offline, when it was asked last.
  // Errors: those of reading and parsing it, of TUF, and of the network.
  Result<TrustedRoot> read(const Ui& ui) const;

  // load is the first half of read.
  Result<TrustSource> load() const;

  // load_for_signing finds both where `load` finds the one.
  // Errors: those of load.
  Result<SigningSource> load_for_signing() const;

 private:
  std::vector<CLI::Option*> add_sources_to(CLI::App& method, const char* root_help);
};

}  // namespace weightmark::cli
