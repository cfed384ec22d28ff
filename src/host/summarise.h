// Vouching for others: verifying a model by a policy, and signing what that came to.
// https://slsa.dev/spec/v1.2/verification_summary, docs/judgement.md
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "weightmark/sign.h"
#include "weightmark/signer.h"
#include "weightmark/verify.h"

namespace weightmark {

// SummariseOptions say what is verified, and who says so.
struct SummariseOptions {
  VerifyOptions verify = {};      // with a policy; whole files and trees are compared, whatever it says
  std::string verifier_id = {};   // URI
  std::string resource_uri = {};  // what the model is called where it is fetched
  std::string policy_uri = {};    // where the policy lies; may be empty
  std::filesystem::path output = {};
  Signer* signer = nullptr;
};

// Summarised is what verification came to, and the summary where one was written.
struct Summarised {
  Verification verification;
  bool passed = false;
  std::optional<SignedOutput> written = {};
};

// summarise_model writes "PASSED" for what verifies and "FAILED" for what does not. Where
// that cannot be told, or the model is just allowed to be unsigned, nothing is written.
// Errors: usage, those of attest_model, and for what failed of hash_model.
Result<Summarised> summarise_model(const SummariseOptions& options);

}  // namespace weightmark
