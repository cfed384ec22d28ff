#include "read/signed_model.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/try.h"
#include "read/attestations.h"
#include "read/signatures.h"
#include "trust/policy.h"
#include "verify/pin.h"

namespace weightmark {
namespace {

constexpr std::chrono::days kNearlyOver{14};

template <class T>
Result<T> recorded(Result<T> result, Report& report, std::string id = "bundle") {
  if (!result) report.checks.push_back({std::move(id), Outcome::kFailed, describe(result.error()), result.error()});
  return result;
}

Result<Bundle> read_bundle(const VerifyOptions& options, Report& report) {
  WM_TRY(const std::filesystem::path path, signature_path(options));
  report.signature = path.native();
  return read_signature(path);
}

// warn_of_expiry tells of a signature that holds no longer than its certificate.
void warn_of_expiry(const SignerReport& signer, Time now, std::vector<std::string>& warnings) {
  if (signer.method != "certificate" || !signer.times.empty()) return;
  const Time end = signer.chain.front().not_after();
  if (end - now > kNearlyOver) return;
  warnings.push_back(fmt::format(
      "the signing certificate ends at {:%Y-%m-%d %H:%M:%S} UTC, and the signature with it: nobody who is named with "
      "--tsa-chain attests when it was made; until then `weightmark timestamp` adds that",
      end));
}

Result<Verified<SignedModel>> verify_by_trust(const VerifyOptions& options, Report& report) {
  WM_TRY(const Bundle bundle, recorded(read_bundle(options, report), report));
  report.checks.push_back({"bundle", Outcome::kPassed, report.signature, std::nullopt});
  auto model = Verifier::verify_signature(bundle, options.trust, options.time, report.checks);
  if (model) warn_of_expiry((*model)->signer, options.time, report.warnings);
  return model;
}

// read_all is for where there must be a signature. What is none is among them.
Result<std::vector<FoundSignature>> read_all(const VerifyOptions& options) {
  WM_TRY(const auto paths, list_signatures(options));
  if (paths.empty()) return std::unexpected(signature_path(options).error());
  std::vector<FoundSignature> signatures;
  signatures.reserve(paths.size());
  for (const std::filesystem::path& path : paths) signatures.push_back({path.native(), read_signature(path)});
  return signatures;
}

bool demands_provenance(const Policy& policy) {
  return std::ranges::any_of(policy.impl().publishers, [](const auto& one) { return one.provenance.has_value(); });
}

Result<Verified<SignedModel>> verify_by_policy(const VerifyOptions& options, Report& report) {
  WM_TRY(const auto signatures, recorded(read_all(options), report));
  report.signature = signatures.front().path;
  const PolicyTrust trust{*options.policy, options.trusted_root};
  WM_TRY(PolicyModel found, Verifier::verify_policy(signatures, trust, options.time, report.checks, report.warnings));
  report.signature = found.report.signers.front().signature;
  report.policy = found.report;
  report.signer = found.model->signer;
  report.subject = SubjectReport::of(found.model->manifest);
  if (!demands_provenance(*options.policy)) return std::move(found.model);
  WM_TRY(FoundAttestations attestations, recorded(find_attestations(options), report, "provenance"));
  if (!options.accept_summaries) attestations.summaries.clear();
  return Verifier::verify_made(found, attestations, trust, options.time, report.checks, report.warnings,
                               report.judgement);
}

// root_of returns the trusted root that the caller gave.
const TrustedRoot* root_of(const VerifyOptions& options) {
  if (options.policy) return options.trusted_root ? &*options.trusted_root : nullptr;
  if (const auto* sigstore = std::get_if<SigstoreTrust>(&options.trust)) return &sigstore->root;
  const auto* keys = std::get_if<KeyTrust>(&options.trust);
  return keys != nullptr && keys->logs ? &*keys->logs : nullptr;
}

Result<void> compare_pin(const VerifyOptions& options, Report& report) {
  auto found = check_pin(*options.pin, options.allow_older, report);
  if (!found) {
    report.checks.push_back({"lock", Outcome::kFailed, describe(found.error()), found.error()});
    return std::unexpected(std::move(found).error());
  }
  report.checks.push_back({"lock", Outcome::kPassed, *std::move(found), std::nullopt});
  return {};
}

}  // namespace

Result<Verified<SignedModel>> verify_signed_model(const VerifyOptions& options, Report& report) {
  report.model = options.model.native();
  report.time = options.time;
  if (const TrustedRoot* root = root_of(options)) report.trust = {root->origin().from, root->origin().vouched_until};
  WM_TRY(auto model, options.policy ? verify_by_policy(options, report) : verify_by_trust(options, report));
  report.signer = model->signer;
  report.subject = SubjectReport::of(model->manifest);
  WM_CHECK(Verifier::verify_expectations(model, options.expectations, report.checks));
  if (options.pin) WM_CHECK(compare_pin(options, report));
  return model;
}

}  // namespace weightmark
