// The anchors of trust that come with the program (data/trust/README.md).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace weightmark {

// SigstoreInstance is a set of Sigstore's services, which its TUF repository speaks for.
enum class SigstoreInstance {
  kPublicGood,  // the one for everybody
  kStaging,     // the one for tests
};

inline constexpr std::string_view kTrustedRoot = "trusted_root.json";
inline constexpr std::string_view kSigningConfig = "signing_config.v0.2.json";

// TufRepository is where trust comes from: Sigstore's, or somebody's own.
struct TufRepository {
  std::string url;     // of the metadata, without a slash at the end; targets are below url/targets
  std::string anchor;  // a root that is trusted to begin with
  // What the program has copies of, by target; empty for repositories of others.
  std::map<std::string_view, std::string_view> builtin;
};

// builtin_repository returns what comes with the program.
TufRepository builtin_repository(SigstoreInstance instance);

}  // namespace weightmark
