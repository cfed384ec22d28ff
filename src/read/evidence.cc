#include "read/evidence.h"

namespace weightmark {

Evidence evidence_for(const VerifyOptions& options, const SignedModel& model) {
  const auto& expected = options.expectations.digest_hex;
  const auto& manifest_v1 = model.manifest.manifest_v1;
  const bool by_root = expected && !(manifest_v1 && *expected == manifest_v1->hex());
  const bool needs_digests = by_root || model.bound_by_digests;
  return options.evidence == Evidence::kTrees && needs_digests ? Evidence::kBoth : options.evidence;
}

}  // namespace weightmark
