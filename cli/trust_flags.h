// Where trust in Sigstore's services comes from.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/ui.h"
#include "trust/builtin.h"
#include "weightmark/certificate.h"
#include "weightmark/trusted_root.h"

namespace weightmark::cli {

// TrustSource is a trusted root, and how it was come by.
struct TrustSource {
  std::string text;                   // JSON, as it was found; of a trust configuration the root in it
  std::string from;                   // for people: a path, or a repository and how it was asked
  std::optional<Time> vouched_until;  // by its repository; none for files of the user's own
};

// SigningSource is a trusted root and what to sign with, of the same Sigstore.
struct SigningSource {
  TrustSource root;
  std::string config;  // JSON
};

struct TrustFlags {
  std::string trusted_root;
  std::string signing_config;
  std::string trust_config;
  bool staging = false;
  bool offline = false;

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
  TufRepository repository() const;
  Result<SigningSource> load_from_repository() const;
  std::vector<CLI::Option*> add_sources_to(CLI::App& method, const char* root_help);
};

// parse_root reads what was found, and keeps where.
// Errors: those of TrustedRoot::parse.
Result<TrustedRoot> parse_root(const TrustSource& source);

}  // namespace weightmark::cli
