#include "base/try.h"
#include "model/placement.h"
#include "read/signatures.h"
#include "verify/verifier.h"
#include "weightmark/attestation.h"

namespace weightmark {

Result<Verified<Attestation>> verify_attestation(const VerifyAttestationOptions& options) {
  std::vector<Check> checks;
  WM_TRY(const Bundle bundle, read_signature(options.attestation));
  WM_TRY(const auto statement, Verifier::verify_statement(bundle, options.trust, options.time, checks));
  HashOptions hash = options.hash;
  if (std::string inside = path_in_model(hash.model, options.attestation); !inside.empty())
    hash.ignore_paths.push_back(std::move(inside));
  WM_TRY(const HashedModel measured, hash_model(hash));
  return Verifier::verify_attestation(statement, options.type, measured.manifest, std::move(checks));
}

}  // namespace weightmark
