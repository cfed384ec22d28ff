// Where trust in Sigstore's services comes from.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/ui.h"
#include "weightmark/certificate.h"
#include "weightmark/trusted_root.h"

namespace weightmark::cli {

// TrustSource is a trusted root, and how it was come by.
struct TrustSource {
  std::string text;                   // JSON, as it was found; of a trust configuration the root in it
  std::string from;                   // for people: a path, or a repository and how it was asked
  std::optional<Time> vouched_until;  // by its repository; none for files of the user's own
};

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

  // load is the first half of read.
  Result<TrustSource> load() const;
};

}  // namespace weightmark::cli
