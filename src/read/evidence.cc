#include "read/evidence.h"

namespace weightmark {

Evidence evidence_for(const VerifyOptions& options, const Manifest& manifest) {
  const auto& expected = options.expectations.digest_hex;
  const bool binds_trees = !expected || (manifest.manifest_v1 && *expected == manifest.manifest_v1->hex());
  return options.evidence == Evidence::kTrees && !binds_trees ? Evidence::kBoth : options.evidence;
}

}  // namespace weightmark
