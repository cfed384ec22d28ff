#include "trust/builtin.h"

namespace weightmark {

// Made of data/trust when the program is built.
namespace embedded {
extern const std::string_view public_good_root;
extern const std::string_view public_good_trusted_root;
extern const std::string_view public_good_signing_config;
extern const std::string_view staging_root;
extern const std::string_view staging_trusted_root;
extern const std::string_view staging_signing_config;
}  // namespace embedded

TufRepository builtin_repository(SigstoreInstance instance) {
  using namespace embedded;
  if (instance == SigstoreInstance::kStaging)
    return {"https://tuf-repo-cdn.sigstage.dev",
            std::string(staging_root),
            {{kTrustedRoot, staging_trusted_root}, {kSigningConfig, staging_signing_config}}};
  return {"https://tuf-repo-cdn.sigstore.dev",
          std::string(public_good_root),
          {{kTrustedRoot, public_good_trusted_root}, {kSigningConfig, public_good_signing_config}}};
}

}  // namespace weightmark
