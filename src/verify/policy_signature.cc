#include "verify/policy_signature.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/sigstore.h"

namespace weightmark {
namespace {

// --- what else is demanded of the signer

Result<void> check_claims(const SignerReport& found, const PolicySigner& signer) {
  for (const Claim& claim : signer.claims) {
    const std::string value = found.identity.claim(claim.name);
    if (value == claim.value) continue;
    return refuse(ErrorCode::kPolicyClaim,
                  fmt::format("the claim {} is {}, not \"{}\"", claim.name,
                              value.empty() ? "missing" : '"' + excerpt(value) + '"', claim.value),
                  signer.name);
  }
  return {};
}

Result<void> check_subject(const SignerReport& found, const PolicySigner& signer) {
  const auto* authority = std::get_if<PolicyAuthority>(&signer.who);
  if (authority == nullptr || !authority->subject) return {};
  const std::string subject = found.chain.front().subject();
  if (subject == *authority->subject) return {};
  return refuse(ErrorCode::kPolicySubject,
                fmt::format("signed by {}, not by {}", excerpt(subject), *authority->subject), signer.name);
}

// --- logs and times of a signature by a key

Result<void> add_evidence(const Bundle& bundle, const PolicySigner& signer, const TrustedRoot& root,
                          SignerReport& found) {
  const auto& key = std::get<PublicKey>(signer.who);
  const SigstoreTrust wanted{root, {}, signer.logs, signer.times, 0};
  const SignedContent content = SignedContent::of_envelope(bundle.envelope);
  WM_TRY(const auto logs, verify_logs(bundle, {false, key.spki()}, content, wanted));
  // A time that nobody demands still tells a signature from before a revocation.
  const auto attested = verify_times(bundle, logs, wanted);
  if (!attested && signer.times > 0) return std::unexpected(attested.error());
  std::vector<Instant> times;
  for (const AttestedTime& one : attested.value_or(std::vector<AttestedTime>{})) {
    times.push_back(one.time);
    found.times.push_back({std::chrono::floor<std::chrono::seconds>(one.time), one.by});
  }
  for (const LogEvidence& log : logs) {
    WM_CHECK(check_log_window(log, times));
    found.logs.push_back({log.log->base_url, log.index});
  }
  return {};
}

// --- revocation

bool is_about(const RevokedSigner& revoked, const SignerReport& found) {
  if (const auto* fingerprint = std::get_if<std::string>(&revoked.who)) return *fingerprint == found.key_fingerprint;
  if (found.identity.names.empty()) return false;
  return verify_identity(found.identity, {std::get<ExpectedIdentity>(revoked.who)}).has_value();
}

// is_before says whether everyone who attests a time puts it before the compromise. Whom
// nobody attests a time could have signed yesterday and written any date.
bool is_before(const SignerReport& found, const std::optional<Instant>& since) {
  if (!since || found.times.empty()) return false;
  const Time from = std::chrono::floor<std::chrono::seconds>(*since);
  return std::ranges::all_of(found.times, [&](const TimeReport& time) { return time.time < from; });
}

Result<void> check_revoked(const SignerReport& found, const PolicySigner& signer,
                           const std::vector<RevokedSigner>& revoked) {
  for (const RevokedSigner& one : revoked) {
    if (!is_about(one, found) || is_before(found, one.since)) continue;
    if (!one.since) return refuse(ErrorCode::kPolicyRevoked, "is revoked", signer.name);
    return refuse(ErrorCode::kPolicyRevoked,
                  fmt::format("is revoked since {:%Y-%m-%dT%H:%M:%SZ}, and the signature {}",
                              std::chrono::floor<std::chrono::seconds>(*one.since),
                              found.times.empty() ? "has no attested time" : "is not from before that"),
                  signer.name);
  }
  return {};
}

}  // namespace

int weight(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMethodMismatch: return 0;
    case ErrorCode::kKeyMismatch:
    case ErrorCode::kKeyOtherCurve:
    case ErrorCode::kIdentityMismatch:
    case ErrorCode::kCertificateUntrusted: return 1;
    case ErrorCode::kPolicyName:
    case ErrorCode::kPolicyClaim:
    case ErrorCode::kPolicySubject:
    case ErrorCode::kPolicyRevoked:
    case ErrorCode::kPolicyTrustedRoot: return 3;
    default: return 2;
  }
}

Result<Trust> trust_in(const PolicySigner& signer, const std::optional<TrustedRoot>& root) {
  if (signer.needs_root() && !root)
    return refuse(ErrorCode::kPolicyTrustedRoot, "there is no trusted root for it", signer.name);
  if (const auto* key = std::get_if<PublicKey>(&signer.who)) return KeyTrust{{*key}};
  if (const auto* authority = std::get_if<PolicyAuthority>(&signer.who)) return CertificateTrust{authority->roots};
  return SigstoreTrust{*root, {std::get<ExpectedIdentity>(signer.who)}, signer.logs, signer.times, signer.scts};
}

Result<void> check_principal(const Bundle& bundle, const PolicySigner& signer, const std::optional<TrustedRoot>& root,
                             const std::vector<RevokedSigner>& revoked, SignerReport& found) {
  WM_CHECK(check_claims(found, signer));
  WM_CHECK(check_subject(found, signer));
  const bool logged_key = !signer.is_identity() && signer.needs_root();
  if (logged_key) {
    WM_CHECK(add_evidence(bundle, signer, *root, found));
  }
  return check_revoked(found, signer, revoked);
}

Result<AcceptedSignature> verify_principal(const Bundle& bundle, const PolicySigner& signer,
                                           const std::optional<TrustedRoot>& root,
                                           const std::vector<RevokedSigner>& revoked, Time time) {
  std::vector<Check> checks;
  WM_TRY(const Trust trust, trust_in(signer, root));
  WM_TRY(auto model, Verifier::verify_signature(bundle, trust, time, checks));
  SignerReport found = model->signer;
  WM_CHECK(check_principal(bundle, signer, root, revoked, found));
  return AcceptedSignature{std::move(model), std::move(found), std::move(checks)};
}

std::set<std::string> marks_of(const SignerReport& signer) {
  std::set<std::string> marks = {"key " + signer.key_fingerprint};
  for (const SubjectName& name : signer.identity.names) marks.insert(signer.identity.issuer + '\n' + name.value);
  if (signer.method == "certificate")
    marks.insert(fmt::format("{} {}", signer.chain.back().fingerprint(), signer.chain.front().subject()));
  return marks;
}

}  // namespace weightmark
