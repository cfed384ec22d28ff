#include "verify/summary_evaluation.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "attest/attestation.h"
#include "attest/oms.h"
#include "attest/vsa.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "crypto/ecdsa_encoding.h"
#include "verify/policy_signature.h"

namespace weightmark {
namespace {

// Clocks differ by so much at most.
constexpr std::chrono::minutes kSkew{5};

struct SignedBySigner {
  Verified<SignedStatement> statement;
  SignerReport signer;
  std::string name;  // in the policy
};

// An envelope by itself is as a bundle of that version would be.
Bundle bundle_of(const FoundAttestation& found) {
  Bundle bundle = found.envelope.bundle;
  if (found.envelope.form != ProvenanceEnvelope::Form::kBundle) bundle.media_type = kBundleMediaType;
  return bundle;
}

Result<SignedBySigner> verify_by(const Bundle& bundle, const PolicySigner& signer, const SummaryCase& it) {
  std::vector<Check> checks;
  WM_TRY(const Trust trust, trust_in(signer, it.root));
  WM_TRY(auto statement, Verifier::verify_statement(bundle, trust, it.time, checks));
  SignerReport report = statement->signer;
  WM_CHECK(check_principal(bundle, signer, it.root, it.revoked, report));
  return SignedBySigner{std::move(statement), std::move(report), signer.name};
}

Result<SignedBySigner> verify_signer(const FoundAttestation& found, const SummaryCase& it) {
  std::optional<Error> reason;
  const Bundle bundle = bundle_of(found);
  // Verifiers that sign with a bare key write what libraries for the web give them.
  std::optional<Bundle> other_encoding;
  if (auto der = der_of_p1363(bundle.envelope.signature)) {
    other_encoding = bundle;
    other_encoding->envelope.signature = *std::move(der);
  }
  for (const PolicySigner& signer : it.demands.signers) {
    auto result = verify_by(bundle, signer, it);
    if (!result && other_encoding) result = verify_by(*other_encoding, signer, it);
    if (result) return result;
    if (!reason || weight(result.error().code) > weight(reason->code)) reason = std::move(result).error();
  }
  return std::unexpected(*std::move(reason));
}

// Whoever signed the model would otherwise vouch for himself.
Result<void> check_other_signer(const SignedBySigner& by, const SummaryCase& it) {
  const std::set<std::string> marks = marks_of(by.signer);
  const auto shared = [&](const std::string& mark) { return it.marks.contains(mark); };
  if (std::ranges::none_of(marks, shared)) return {};
  return refuse(ErrorCode::kVsaVerifier, "the summary is by whoever signed the model", by.name);
}

std::string expanded(std::string resource, const std::string& name) {
  constexpr std::string_view kName = "{name}";
  if (const std::size_t at = resource.find(kName); at != std::string::npos) resource.replace(at, kName.size(), name);
  return resource;
}

Result<void> check_policy(const VerificationSummary& summary, const SummaryCase& it) {
  const auto accepted = [&](const std::pair<std::string, std::string>& digest) {
    return std::ranges::find(it.demands.policies, digest.first + ':' + digest.second) != it.demands.policies.end();
  };
  if (std::ranges::any_of(summary.policy.digests, accepted)) return {};
  return refuse(ErrorCode::kVsaPolicy, "it rests on a policy whose digest is none of those that are accepted",
                excerpt(summary.policy.uri));
}

Result<void> check_level_of(const VerificationSummary& summary, const SummaryCase& it) {
  const auto level = summary.build_level();
  if (level.value_or(0) >= it.demands.level) return {};
  return refuse(ErrorCode::kVsaLevel,
                level ? fmt::format("of SLSA build level {}, below {}", *level, it.demands.level)
                      : fmt::format("it states no SLSA build level; {} is demanded", it.demands.level));
}

Result<void> check_age(const VerificationSummary& summary, const SummaryCase& it) {
  const Time verified = std::chrono::floor<std::chrono::seconds>(summary.verified);
  if (verified > it.time + kSkew)
    return refuse(ErrorCode::kVsaAge, fmt::format("it is from {:%Y-%m-%dT%H:%M:%SZ}, which is to come", verified));
  if (it.time - verified <= it.demands.max_age) return {};
  return refuse(ErrorCode::kVsaAge, fmt::format("it is from {:%Y-%m-%dT%H:%M:%SZ}, longer ago than {}", verified,
                                                plural(static_cast<std::size_t>(it.demands.max_age.count()), "day")));
}

Result<void> check_contents(const VerificationSummary& summary, const SummaryCase& it) {
  if (summary.verifier_id != it.demands.verifier)
    return refuse(ErrorCode::kVsaVerifier, fmt::format("by the verifier {}, not by {}", excerpt(summary.verifier_id),
                                                       excerpt(it.demands.verifier)));
  WM_CHECK(check_policy(summary, it));
  const std::string resource = expanded(it.demands.resource, it.manifest.name);
  if (summary.resource_uri != resource)
    return refuse(ErrorCode::kVsaResource,
                  fmt::format("about {}, not about {}", excerpt(summary.resource_uri), excerpt(resource)));
  const bool failed = std::ranges::find(summary.levels, "FAILED") != summary.levels.end();
  if (!summary.passed || failed) return refuse(ErrorCode::kVsaFailed, "it says that the model failed");
  WM_CHECK(check_level_of(summary, it));
  return check_age(summary, it);
}

}  // namespace

Result<AcceptedSummary> verify_summary(const FoundAttestation& found, const SummaryCase& it) {
  WM_TRY(const SignedBySigner by, verify_signer(found, it));
  WM_CHECK(check_other_signer(by, it));
  const Statement& statement = by.statement->statement;
  const Subject* subject = find_subject(statement.subjects, it.manifest);
  if (subject == nullptr)
    return refuse(ErrorCode::kSubjectOther,
                  fmt::format("the summary is about \"{}\" with other digests than this model",
                              excerpt(statement.subjects.front().name)));
  if (statement.predicate_type != kVsaType)
    return refuse(ErrorCode::kPredicateOther, "is no verification summary", excerpt(statement.predicate_type));
  WM_TRY(const VerificationSummary summary, parse_vsa(statement.predicate()));
  WM_CHECK(check_contents(summary, it));
  return AcceptedSummary{{found.path, summary.verifier_id, std::chrono::floor<std::chrono::seconds>(summary.verified),
                          summary.build_level(), by.name, by.signer},
                         !subject->digest(kManifestV1).empty()};
}

}  // namespace weightmark
