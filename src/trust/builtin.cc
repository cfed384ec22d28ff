#include "trust/builtin.h"

namespace weightmark {

// Made of data/trust when the program is built.
namespace embedded {
extern const std::string_view kPublicGoodRoot;
extern const std::string_view kPublicGoodTrustedRoot;
extern const std::string_view kPublicGoodSigningConfig;
extern const std::string_view kStagingRoot;
extern const std::string_view kStagingTrustedRoot;
extern const std::string_view kStagingSigningConfig;
}  // namespace embedded

TufRepository builtin_repository(SigstoreInstance instance) {
  using namespace embedded;
  if (instance == SigstoreInstance::kStaging)
    return {"https://tuf-repo-cdn.sigstage.dev",
            std::string(kStagingRoot),
            {{kTrustedRoot, kStagingTrustedRoot}, {kSigningConfig, kStagingSigningConfig}}};
  return {"https://tuf-repo-cdn.sigstore.dev",
          std::string(kPublicGoodRoot),
          {{kTrustedRoot, kPublicGoodTrustedRoot}, {kSigningConfig, kPublicGoodSigningConfig}}};
}

}  // namespace weightmark
