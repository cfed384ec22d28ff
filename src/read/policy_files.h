// What a policy says of a model's files, and of models without a signature.
#pragma once

#include <vector>

#include "weightmark/report.h"
#include "weightmark/verify.h"

namespace weightmark {

// forbid_uncovered makes errors of the files that no signature covers, where the policy
// forbids them. Signatures themselves, and what the caller did not ask for, stay.
void forbid_uncovered(const VerifyOptions& options, const std::string& signature, const Manifest& manifest,
                      std::vector<FileReport>& files);

// is_allowed_unsigned says whether the model has no signature at all and the policy
// allows that. What cannot be looked at is not unsigned.
bool is_allowed_unsigned(const VerifyOptions& options);

// accept_unsigned hashes the model where the policy has a deny list, and says so in the
// report. Errors: those of hash_model, policy-denied.
Result<void> accept_unsigned(const VerifyOptions& options, Report& report);

}  // namespace weightmark
