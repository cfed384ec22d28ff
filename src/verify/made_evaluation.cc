// Deciding by a policy how a model was made: whose provenance counts, and what it comes to.
#include <fmt/format.h>

#include <algorithm>

#include "attest/attestation.h"
#include "attest/oms.h"
#include "base/refuse.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/checks.h"
#include "verify/judgement.h"
#include "verify/policy_signature.h"
#include "verify/summary_evaluation.h"
#include "verify/verifier.h"

namespace weightmark {
namespace {

// AcceptedProvenance counts: one of the policy's signers made it, about this model, and may
// speak for the builder that it names.
struct AcceptedProvenance {
  const FoundAttestation* found;
  std::string signer_name;
  SignerReport signer;
  Verified<JudgedProvenance> judged;

  const ProvenanceFacts& facts() const { return judged->facts; }
};

// Evaluation is what everything here looks at.
struct Evaluation {
  const PolicyPublisher& publisher;
  const ProvenancePolicy& demands;
  const Policy::Impl& policy;
  const std::optional<TrustedRoot>& root;
  const Manifest& manifest;
  Time time;
};

// keep_weightier remembers the reason that says more.
void keep_weightier(Error error, std::optional<Error>& reason) {
  if (!reason || weight(error.code) > weight(reason->code)) reason = std::move(error);
}

// --- whose provenance counts

// with_builder: a builder that the policy names need not be of the source's repository.
ProvenanceExpectations with_builder(const SignedProvenance& said, const ProvenancePolicy& demands) {
  ProvenanceExpectations expected;
  const std::string& id = said.provenance.builder_id;
  const auto accepts = [&](const ResourcePattern& one) { return one.matches_uri(id); };
  if (std::ranges::any_of(demands.builders, accepts)) expected.builder_id = id;
  return expected;
}

Result<AcceptedProvenance> accept_by(const FoundAttestation& found, const PolicySigner& signer,
                                     const Manifest* manifest, const Evaluation& it) {
  std::vector<Check> checks;
  WM_TRY(Trust trust, trust_in(signer, it.root));
  ProvenanceTrust whom;
  whom.trust = std::move(trust);
  WM_TRY(const auto said, Verifier::verify_provenance_signature(found.envelope, whom, it.time, checks));
  // Google's keys are none of the policy's signers.
  if (!said->google_key.empty())
    return refuse(ErrorCode::kMethodMismatch, "signed with a key of Google's, not by one of the policy's signers",
                  signer.name, "name that key in the policy");
  SignerReport report = said->signer;
  WM_CHECK(check_principal(found.envelope.bundle, signer, it.root, it.policy.revoked, report));
  // What another version was made of is not about this one.
  Manifest other;
  if (manifest == nullptr) {
    const auto root = Digest::from_hex(HashAlgorithm::kSha256, std::string(said->subjects.front().digest("sha256")));
    if (!root) return refuse(ErrorCode::kSubjectOther, "is about no model");
    other.root = *root;
    const auto names =
        Digest::from_hex(HashAlgorithm::kSha256, std::string(said->subjects.front().digest(kManifestV1)));
    if (names) other.manifest_v1 = *names;
    manifest = &other;
  }
  WM_TRY(auto judged,
         Verifier::verify_provenance(said, *manifest, {}, with_builder(*said, it.demands), it.time, checks));
  return AcceptedProvenance{&found, signer.name, std::move(report), std::move(judged)};
}

// accept tries a statement with each of the policy's signers. Without `manifest` it may be
// about any model.
Result<AcceptedProvenance> accept(const FoundAttestation& found, const Manifest* manifest, const Evaluation& it) {
  std::optional<Error> reason;
  for (const PolicySigner& signer : it.demands.signers) {
    auto accepted = accept_by(found, signer, manifest, it);
    if (accepted) return accepted;
    keep_weightier(std::move(accepted).error(), reason);
  }
  return std::unexpected(*std::move(reason));
}

Result<std::vector<AcceptedProvenance>> accept_all(const std::vector<FoundAttestation>& found, const Evaluation& it,
                                                   std::vector<std::string>& warnings) {
  std::vector<AcceptedProvenance> accepted;
  std::vector<std::string> refused;
  std::optional<Error> reason;
  for (const FoundAttestation& one : found) {
    auto result = accept(one, &it.manifest, it);
    if (result) {
      accepted.push_back(*std::move(result));
      continue;
    }
    refused.push_back(fmt::format("{} does not count: {}", one.path, describe(result.error())));
    keep_weightier(std::move(result).error(), reason);
  }
  // With a single one the error is why it does not count.
  if (!accepted.empty() || refused.size() > 1) std::ranges::move(refused, std::back_inserter(warnings));
  if (!accepted.empty()) return accepted;
  if (reason) return std::unexpected(*std::move(reason));
  return refuse(ErrorCode::kProvenanceMissing, "the policy demands provenance, and there is none", it.publisher.name,
                "it lies in model.sig.d, or name it with --provenance");
}

// --- what counts

// Made is the statement that tells most, and what the platform says of the same build.
struct Made {
  const AcceptedProvenance* statement;
  const AcceptedProvenance* platform = nullptr;  // null where there is none, or none is needed
};

bool is_training(const AcceptedProvenance& one) { return one.facts().build_type == kTrainingBuildType; }

// choose: a statement of ours says what went in; the platform's own supports a level.
Made choose(const std::vector<AcceptedProvenance>& accepted, std::vector<std::string>& warnings) {
  const auto ours = std::ranges::find_if(accepted, is_training);
  Made made{ours == accepted.end() ? &accepted.front() : &*ours};
  if (made.statement->facts().by_platform) return made;
  for (const AcceptedProvenance& other : accepted) {
    if (!other.facts().by_platform) continue;
    std::vector<Check> checks;
    const auto tied = tie_platform(made.statement->facts(), other.facts(), checks);
    if (tied)
      made.platform = &other;
    else
      warnings.push_back(fmt::format("{} does not confirm it: {}", other.found->path, describe(tied.error())));
  }
  return made;
}

AttestationReport attestation_report(const AcceptedProvenance& one) {
  return {one.found->path, one.found->sha256, one.signer_name, one.signer};
}

ProvenanceFacts facts_of(const Made& made) {
  ProvenanceFacts facts = made.statement->facts();
  if (made.platform == nullptr || made.platform->facts().level <= facts.level) return facts;
  facts.level = made.platform->facts().level;
  facts.level_reason = made.platform->facts().level_reason;
  return facts;
}

Result<std::optional<MadeModel>> previous_of(const FoundAttestations& found, const Evaluation& it) {
  if (found.previous.empty()) return std::nullopt;
  WM_TRY(const AcceptedProvenance accepted, accept(found.previous.front(), nullptr, it));
  WM_TRY(MadeModel made, MadeModel::of(accepted.facts(), accepted.judged->said.provenance, accepted.signer));
  return made;
}

JudgementReport report_of(const Made& made, const ProvenanceFacts& facts, std::vector<Finding> findings) {
  JudgementReport report;
  report.answer = overall(findings);
  report.findings = std::move(findings);
  report.provenance.push_back(attestation_report(*made.statement));
  if (made.platform != nullptr) report.provenance.push_back(attestation_report(*made.platform));
  report.builder = facts.builder_id;
  report.source = facts.source.ref.empty() ? facts.source.uri : facts.source.uri + '@' + facts.source.ref;
  report.commit = facts.source.commit;
  report.level = facts.level;
  report.level_reason = facts.level_reason;
  report.dependencies = facts.dependencies;
  return report;
}

// binds_trees says whether a statement names the digest that binds names and trees.
bool binds_trees(const SignedProvenance& said, const Manifest& manifest) {
  const Subject* subject = find_subject(said.subjects, manifest);
  return subject != nullptr && !subject->digest(kManifestV1).empty();
}

Result<void> conclude(const JudgementReport& report) {
  const auto is_worst = [&](const Finding& one) { return one.answer == report.answer; };
  const auto worst = std::ranges::find_if(report.findings, is_worst);
  if (report.answer == Answer::kHolds || worst == report.findings.end()) return {};
  const auto count = std::ranges::count_if(report.findings, is_worst);
  const bool fails = report.answer == Answer::kDoesNotHold;
  return refuse(
      fails ? ErrorCode::kJudgementFails : ErrorCode::kJudgementUnknown,
      fmt::format("{}: {}{}", worst->rule, worst->what, count > 1 ? fmt::format(", and {} more", count - 1) : ""),
      worst->about,
      fails ? "docs/judgement.md explains every rule" : "docs/judgement.md says of every rule what it needs");
}

struct Judged {
  JudgementReport report;
  bool binds_trees = false;
};

Result<Judged> judge(const FoundAttestations& found, const Evaluation& it, std::vector<std::string>& warnings) {
  WM_TRY(const auto accepted, accept_all(found.provenance, it, warnings));
  const Made made = choose(accepted, warnings);
  const SignedProvenance& said = made.statement->judged->said;
  WM_TRY(const auto previous, previous_of(found, it));
  const ProvenanceFacts facts = facts_of(made);
  WM_TRY(const MadeModel model, MadeModel::of(facts, said.provenance, made.statement->signer));
  auto findings = judge_made({model, it.demands, it.policy.denied, previous ? &*previous : nullptr});
  const bool trees = binds_trees(said, it.manifest) &&
                     (made.platform == nullptr || binds_trees(made.platform->judged->said, it.manifest));
  return Judged{report_of(made, facts, std::move(findings)), trees};
}

// --- summaries

std::set<std::string> marks_of_signers(const PolicyReport& report) {
  std::set<std::string> marks;
  for (const PrincipalReport& one : report.signers) marks.merge(marks_of(one.signer));
  return marks;
}

// accept_summary returns the first that counts; why others do not is kept in `reason`.
std::optional<AcceptedSummary> accept_summary(const PolicyModel& model, const FoundAttestations& found,
                                              const Evaluation& it, std::vector<std::string>& warnings,
                                              std::optional<Error>& reason) {
  if (!it.demands.summary) return std::nullopt;
  const std::set<std::string> marks = marks_of_signers(model.report);
  const SummaryCase by{*it.demands.summary, it.manifest, marks, it.root, it.policy.revoked, it.time};
  for (const FoundAttestation& one : found.summaries) {
    auto accepted = verify_summary(one, by);
    if (accepted) return *std::move(accepted);
    warnings.push_back(fmt::format("{} does not count: {}", one.path, describe(accepted.error())));
    keep_weightier(std::move(accepted).error(), reason);
  }
  return std::nullopt;
}

Judged judged_by(AcceptedSummary summary) {
  Judged judged;
  judged.report.answer = Answer::kHolds;
  judged.report.level = summary.report.level.value_or(0);
  judged.report.level_reason = "the summary says so";
  judged.report.summary = std::move(summary.report);
  judged.binds_trees = summary.binds_trees;
  return judged;
}

const PolicyPublisher* find_publisher(const Policy::Impl& policy, const std::string& name) {
  const auto found = std::ranges::find(policy.publishers, name, &PolicyPublisher::name);
  return found == policy.publishers.end() ? nullptr : &*found;
}

std::string describe_judgement(const JudgementReport& report) {
  if (report.summary) return fmt::format("{} says that it passed", report.summary->verifier);
  return fmt::format("{}, by {}; {} hold", report.provenance.front().path, report.provenance.front().signer_name,
                     plural(report.findings.size(), "finding"));
}

}  // namespace

Result<Verified<SignedModel>> Verifier::verify_made(const PolicyModel& model, const FoundAttestations& found,
                                                    const PolicyTrust& trust, Time time, std::vector<Check>& checks,
                                                    std::vector<std::string>& warnings,
                                                    std::optional<JudgementReport>& report) {
  const Policy::Impl& policy = trust.policy.impl();
  const PolicyPublisher* publisher = find_publisher(policy, model.report.publisher);
  if (publisher == nullptr || !publisher->provenance) return model.model;
  const auto& root = publisher->root ? publisher->root : policy.root ? policy.root : trust.root;
  const Evaluation it{*publisher, *publisher->provenance, policy, root, model.model->manifest, time};
  std::optional<Error> reason;
  std::optional<Judged> judged;
  if (auto summary = accept_summary(model, found, it, warnings, reason)) {
    judged = judged_by(*std::move(summary));
  } else if (found.provenance.empty() && reason) {
    return record<Verified<SignedModel>>(std::unexpected(*std::move(reason)), "summary", checks);
  } else {
    WM_TRY(judged, record(judge(found, it, warnings), "provenance", checks));
  }
  report = judged->report;
  WM_CHECK(record(conclude(*report), "judgement", checks));
  record_passed(checks, report->summary ? "summary" : "judgement", describe_judgement(*report));
  SignedModel result = *model.model;
  result.bound_by_digests = result.bound_by_digests || !judged->binds_trees;
  return Verified<SignedModel>(std::move(result));
}

}  // namespace weightmark
