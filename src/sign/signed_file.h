// Writing a signature that verifies, or none.
#pragma once

#include <functional>
#include <string_view>

#include "attest/statement.h"
#include "sign/signature_place.h"
#include "weightmark/report.h"
#include "weightmark/signer.h"

namespace weightmark {

// write_signed has a statement signed, reads the bundle back as a verifier would, and only
// then gives the file its name. `holds` says whether what was read is what was meant.
// Errors: bundle-too-large, self-check, those of the signer and of SignaturePlace::stage.
Result<SignerReport> write_signed(const SignaturePlace& place, Signer& signer, std::string_view statement, Time now,
                                  const std::function<bool(const Statement&)>& holds);

}  // namespace weightmark
