#include "host/summarise.h"

#include <fmt/format.h>

#include <algorithm>

#include "attest/bundle.h"
#include "attest/vsa.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/refuse.h"
#include "base/try.h"
#include "crypto/sha2.h"
#include "trust/policy.h"
#include "weightmark/attestation.h"

namespace weightmark {
namespace {

constexpr std::string_view kSlsaVersion = "1.2";
constexpr std::string_view kUnevaluated = "SLSA_BUILD_LEVEL_UNEVALUATED";

Result<ResourceReference> input_of(const std::string& path) {
  WM_TRY(const std::string text, read_file(path, kMaxBundleSize));
  return ResourceReference{"", {{"sha256", to_hex(sha2(Sha2::k256, as_bytes(text)))}}};
}

// inputs_of are the signatures and the provenance that the verification rests on.
Result<std::vector<ResourceReference>> inputs_of(const Report& report) {
  std::vector<ResourceReference> inputs;
  if (report.policy) {
    for (const PrincipalReport& one : report.policy->signers) {
      WM_TRY(ResourceReference input, input_of(one.signature));
      inputs.push_back(std::move(input));
    }
  }
  if (report.judgement)
    for (const AttestationReport& one : report.judgement->provenance) inputs.push_back({"", {{"sha256", one.sha256}}});
  return inputs;
}

Result<VerificationSummary> summary_of(const SummariseOptions& options, const Report& report) {
  const Policy::Impl& policy = options.verify.policy->impl();
  VerificationSummary summary;
  summary.verifier_id = options.verifier_id;
  summary.verifier_version = {{"weightmark", WEIGHTMARK_VERSION}};
  summary.verified = options.verify.time;
  summary.resource_uri = options.resource_uri;
  summary.policy = {options.policy_uri, {{"sha256", policy.sha256}, {"weightmarkPolicyV1", policy.policy_v1}}};
  WM_TRY(summary.inputs, inputs_of(report));
  summary.passed = report.verdict == Verdict::kVerified;
  const unsigned level = report.judgement ? report.judgement->level : 0;
  summary.levels = {summary.passed ? build_level_name(level) : "FAILED"};
  const std::size_t dependencies = report.judgement ? report.judgement->dependencies : 0;
  if (dependencies > 0)
    summary.dependency_levels = {{std::string(kUnevaluated), static_cast<std::int64_t>(dependencies)}};
  summary.slsa_version = kSlsaVersion;
  return summary;
}

Result<void> check_options(const SummariseOptions& options) {
  if (!options.verify.policy) return refuse(ErrorCode::kUsage, "a summary says that a policy holds", "--policy");
  if (options.verifier_id.empty() || options.resource_uri.empty())
    return refuse(ErrorCode::kUsage, "a summary names its verifier and the model's URI");
  if (!options.verify.files.empty() || options.verify.ignore_unsigned_files)
    return refuse(ErrorCode::kUsage, "a summary is about all files of a model");
  return {};
}

// Of what verifies the digests were computed just now; but other clients know the SHA-256
// of whole files alone.
Result<void> check_digests(const Manifest& manifest) {
  const Serialization& by = manifest.serialization;
  if (by.method == SerializationMethod::kFiles && by.hash_type == HashAlgorithm::kSha256) return {};
  return refuse(ErrorCode::kUsage, "the model is signed by other digests than the SHA-256 of whole files",
                manifest.name);
}

// What failed is what lies there, not what a signature says.
Result<Manifest> measure(const SummariseOptions& options, const Report& report) {
  HashOptions hash;
  hash.model = options.verify.model;
  hash.allow_symlinks = options.verify.allow_symlinks;
  hash.ignore_git_paths = options.verify.ignore_git_paths;
  hash.ignore_paths = options.verify.ignore_paths;
  if (report.subject) hash.name = report.subject->name;
  hash.work = options.verify.work;
  WM_TRY(HashedModel hashed, hash_model(hash));
  return std::move(hashed.manifest);
}

Result<Manifest> manifest_of(const SummariseOptions& options, const Verification& verification) {
  if (!verification.manifest) return measure(options, verification.report);
  WM_CHECK(check_digests(**verification.manifest));
  return **verification.manifest;
}

Result<SignedOutput> write_summary(const SummariseOptions& options, const Verification& verification) {
  WM_TRY(const Manifest manifest, manifest_of(options, verification));
  WM_TRY(const VerificationSummary summary, summary_of(options, verification.report));
  AttestOptions attest;
  attest.hash.model = options.verify.model;
  attest.measured = &manifest;
  attest.type = kVsaType;
  attest.predicate = write_vsa(summary);
  attest.output = options.output;
  attest.signer = options.signer;
  attest.time = options.verify.time;
  return attest_model(attest);
}

}  // namespace

Result<Summarised> summarise_model(const SummariseOptions& options) {
  WM_CHECK(check_options(options));
  WM_CHECK(options.signer->check(options.verify.time));
  VerifyOptions verify = options.verify;
  verify.evidence = Evidence::kBoth;
  verify.accept_summaries = false;
  Verification verification = verify_model(verify);
  const Report& report = verification.report;
  const bool passed = report.verdict == Verdict::kVerified;
  if (!passed && (report.verdict != Verdict::kRefused || report.interrupted))
    return Summarised{std::move(verification), passed, std::nullopt};
  WM_TRY(SignedOutput written, write_summary(options, verification));
  return Summarised{std::move(verification), passed, std::move(written)};
}

}  // namespace weightmark
