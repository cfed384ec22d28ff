// Content facts of a model that is being verified, and what a policy says of them.
#pragma once

#include <optional>
#include <vector>

#include "weightmark/content.h"
#include "weightmark/manifest.h"
#include "weightmark/policy.h"
#include "weightmark/reader.h"

namespace weightmark {

// facts_of_files looks into those files of the model.
// Errors: those of content_facts.
Result<std::vector<ContentFact>> facts_of_files(const VerifiedModel& model, const std::vector<FileEntry>& files);

// forbids_content says whether facts have to be known to decide by that policy.
bool forbids_content(const std::optional<Policy>& policy);

// check_content finds the first fact that the policy forbids.
// Errors: policy-content.
Result<void> check_content(const std::optional<Policy>& policy, const std::vector<ContentFact>& facts);

}  // namespace weightmark
