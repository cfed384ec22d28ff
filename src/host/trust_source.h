// Where trust in Sigstore's services comes from.
#pragma once

#include <optional>
#include <string>

#include "host/stop.h"
#include "weightmark/certificate.h"
#include "weightmark/error.h"
#include "weightmark/trusted_root.h"

namespace weightmark {

// TrustPlaces say where to look. Without a file it is Sigstore's own repository: asked
// now, or, offline, as it was verified last or came with this program.
struct TrustPlaces {
  std::string trusted_root = {};    // path of a trusted_root.json
  std::string signing_config = {};  // path of the signing_config.json that belongs to it
  std::string trust_config = {};    // path of both in one: a ClientTrustConfig
  bool staging = false;             // Sigstore's instance for tests
  bool offline = false;
};

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

// load_trust finds the trusted root, and verifies what a repository says.
// Errors: those of reading files, of TUF, and of the network.
Result<TrustSource> load_trust(const TrustPlaces& places, const Stop& stop);

// load_for_signing finds both where `load_trust` finds the one.
// Errors: those of load_trust.
Result<SigningSource> load_for_signing(const TrustPlaces& places, const Stop& stop);

// parse_root reads what was found, and keeps where.
// Errors: those of TrustedRoot::parse.
Result<TrustedRoot> parse_root(const TrustSource& source);

}  // namespace weightmark
