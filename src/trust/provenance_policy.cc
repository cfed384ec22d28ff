#include "trust/provenance_policy.h"

#include <algorithm>
#include <array>

#include "trust/policy_fields.h"

namespace weightmark {
namespace {

using namespace policies;

constexpr std::int64_t kMaxLevel = 3;
constexpr std::int64_t kMaxHours = 24 * kMaxDays;
constexpr std::int64_t kMaxTokens = 1'000'000;
constexpr std::size_t kMaxKnown = 1024;
constexpr std::array<std::string_view, 2> kPolicyDigests = {"sha256", "weightmarkPolicyV1"};

Result<std::vector<ResourcePattern>> patterns_at(const JsonView& parent, std::string_view key) {
  WM_TRY(const std::vector<std::string> texts, optional_texts(parent, key));
  std::vector<ResourcePattern> patterns;
  patterns.reserve(texts.size());
  for (const std::string& text : texts) patterns.push_back(ResourcePattern::parse(text));
  return patterns;
}

// section returns the member, an object with no other members than `keys`.
Result<std::optional<JsonView>> section(const JsonView& parent, std::string_view key,
                                        std::initializer_list<std::string_view> keys) {
  const auto field = parent.find(key);
  if (!field) return std::nullopt;
  WM_CHECK(field->only(keys));
  return field;
}

Result<ResourceLists> parse_lists(const JsonView& parent, std::string_view key) {
  ResourceLists lists;
  WM_TRY(const auto view, section(parent, key, {"required", "allowed", "forbidden"}));
  if (!view) return lists;
  WM_TRY(lists.required, patterns_at(*view, "required"));
  WM_TRY(lists.allowed, patterns_at(*view, "allowed"));
  WM_TRY(lists.forbidden, patterns_at(*view, "forbidden"));
  return lists;
}

// Licences are compared without regard to case (SPDX specification, annex D.2).
Result<std::vector<std::string>> licenses_at(const JsonView& parent, std::string_view key) {
  WM_TRY(std::vector<std::string> texts, optional_texts(parent, key));
  for (std::string& text : texts)
    for (char& c : text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return texts;
}

Result<LicenseLists> parse_licenses(const JsonView& parent) {
  LicenseLists lists;
  WM_TRY(const auto view, section(parent, "licenses", {"allowed", "forbidden"}));
  if (!view) return lists;
  WM_TRY(lists.allowed, licenses_at(*view, "allowed"));
  WM_TRY(lists.forbidden, licenses_at(*view, "forbidden"));
  return lists;
}

Result<std::vector<PackageRange>> parse_packages(const JsonView& parent) {
  std::vector<PackageRange> packages;
  WM_TRY(const auto view, section(parent, "frameworks", {"forbidden"}));
  if (!view) return packages;
  WM_TRY(const std::vector<std::string> texts, texts_at(*view, "forbidden"));
  for (const std::string& text : texts) {
    WM_TRY(PackageRange range, PackageRange::parse(text));
    packages.push_back(std::move(range));
  }
  return packages;
}

Result<std::vector<ResourcePattern>> parse_synthesizers(const JsonView& parent) {
  WM_TRY(const auto view, section(parent, "synthetic-data", {"forbidden"}));
  if (!view) return std::vector<ResourcePattern>{};
  return patterns_at(*view, "forbidden");
}

// --- inputs

Result<KnownSigners> parse_known(std::string_view uri, const JsonView& view) {
  KnownSigners known{ResourcePattern::parse(std::string(uri)), {}};
  WM_TRY(const JsonItems items, view.array());
  if (items.empty()) return view.fail("is empty");
  for (const JsonView& item : items) {
    WM_CHECK(item.only({"key", "identity", "identity-pattern", "provider"}));
    WM_TRY(NamedSigner who, parse_named_signer(item));
    known.who.push_back(std::move(who));
  }
  return known;
}

Result<InputDemands> parse_inputs(const JsonView& parent) {
  InputDemands it;
  WM_TRY(const auto view,
         section(parent, "inputs",
                 {"digests", "signatures", "signer-changes", "uris", "files-read", "evidence", "code", "signers"}));
  if (!view) return it;
  WM_TRY(it.digests, choice_at(*view, "digests", "required", "optional"));
  WM_TRY(it.signatures, choice_at(*view, "signatures", "required", "optional"));
  WM_TRY(it.signer_changes, choice_at(*view, "signer-changes", "forbidden", "allowed"));
  WM_TRY(it.immutable_uris, choice_at(*view, "uris", "immutable", "any"));
  WM_TRY(it.listed_files, choice_at(*view, "files-read", "listed", "any"));
  WM_TRY(it.observed, choice_at(*view, "evidence", "observed", "any"));
  WM_TRY(it.pinned_code, choice_at(*view, "code", "pinned", "any"));
  if (!view->find("signers")) return it;
  WM_TRY(it.signers, parse_named<KnownSigners>(*view, "signers", kMaxKnown, parse_known));
  return it;
}

// --- training

Result<TrainingDemands> parse_training_demands(const JsonView& parent) {
  TrainingDemands it;
  WM_TRY(const auto view, section(parent, "training",
                                  {"completed", "least-tokens-per-parameter", "epochs", "loss", "compute", "evaluation",
                                   "evaluation-data"}));
  if (!view) return it;
  WM_TRY(it.completed, choice_at(*view, "completed", "required", "optional"));
  WM_TRY(it.least_tokens_per_parameter, optional_integer(*view, "least-tokens-per-parameter", 1, kMaxTokens));
  WM_TRY(it.epochs, choice_at(*view, "epochs", "completed", "any"));
  WM_TRY(it.settled_loss, choice_at(*view, "loss", "settled", "any"));
  WM_TRY(it.plausible_compute, choice_at(*view, "compute", "plausible", "any"));
  WM_TRY(it.evaluation, choice_at(*view, "evaluation", "required", "optional"));
  WM_TRY(it.separate_evaluation, choice_at(*view, "evaluation-data", "separate", "any"));
  return it;
}

// --- summaries

bool is_policy_digest(const std::string& text) {
  return std::ranges::any_of(kPolicyDigests, [&](std::string_view algorithm) {
    return text.starts_with(std::string(algorithm) + ':') && is_sha256(text.substr(algorithm.size() + 1));
  });
}

// All of it must be said: a summary is believed in place of everything else.
Result<std::optional<SummaryDemands>> parse_summary(const JsonView& parent, const PolicyFiles& files) {
  WM_TRY(const auto view,
         section(parent, "summary", {"verifier", "signers", "policies", "resource", "level", "max-age"}));
  if (!view) return std::nullopt;
  SummaryDemands it;
  WM_TRY(it.verifier, text_at(*view, "verifier"));
  WM_TRY(it.signers, parse_signers(*view, files));
  WM_TRY(it.policies, texts_at(*view, "policies"));
  if (!std::ranges::all_of(it.policies, is_policy_digest))
    return view->fail("policies are not sha256:HEX or weightmarkPolicyV1:HEX with 64 lower-case digits");
  WM_TRY(it.resource, text_at(*view, "resource"));
  WM_CHECK(view->member("level"));
  WM_TRY(const auto level, optional_integer(*view, "level", 0, kMaxLevel));
  it.level = static_cast<unsigned>(*level);
  WM_CHECK(view->member("max-age"));
  WM_TRY(const auto age, days_at(*view, "max-age"));
  it.max_age = *age;
  return it;
}

// --- the whole

Result<Completeness> parse_completeness(const JsonView& parent) {
  const auto field = parent.find("complete");
  if (!field) return Completeness::kUnsaid;
  WM_TRY(const std::string_view text, field->string());
  if (text == "required") return Completeness::kRequired;
  if (text == "assumed") return Completeness::kAssumed;
  return field->fail("neither required nor assumed");
}

Result<void> parse_origin(const JsonView& view, ProvenancePolicy& it) {
  WM_TRY(it.sources, patterns_at(view, "sources"));
  WM_TRY(it.builders, patterns_at(view, "builders"));
  WM_TRY(const auto level, optional_integer(view, "level", 0, kMaxLevel));
  if (level) it.level = static_cast<unsigned>(*level);
  WM_TRY(const auto hours, optional_integer(view, "signed-within-hours", 1, kMaxHours));
  if (hours) it.signed_within = std::chrono::hours(*hours);
  WM_TRY(it.clean_source, choice_at(view, "dirty-source", "forbidden", "allowed"));
  return {};
}

Result<void> parse_materials(const JsonView& view, ProvenancePolicy& it) {
  WM_TRY(it.network_denied, choice_at(view, "network", "denied", "any"));
  WM_TRY(it.undeclared_forbidden, choice_at(view, "undeclared", "forbidden", "allowed"));
  WM_TRY(it.complete, parse_completeness(view));
  WM_TRY(it.datasets, parse_lists(view, "datasets"));
  WM_TRY(it.base_models, parse_lists(view, "base-models"));
  WM_TRY(it.forbidden_synthesizers, parse_synthesizers(view));
  WM_TRY(it.licenses, parse_licenses(view));
  WM_TRY(it.forbidden_packages, parse_packages(view));
  WM_TRY(it.inputs, parse_inputs(view));
  WM_TRY(it.training, parse_training_demands(view));
  return {};
}

}  // namespace

bool ProvenancePolicy::needs_root() const {
  const bool by_summary = summary && std::ranges::any_of(summary->signers, &PolicySigner::needs_root);
  return by_summary || std::ranges::any_of(signers, &PolicySigner::needs_root);
}

Result<std::optional<ProvenancePolicy>> parse_provenance_policy(const JsonView& publisher,
                                                                const std::vector<PolicySigner>& signers,
                                                                const PolicyFiles& files) {
  WM_TRY(const auto view, section(publisher, "provenance",
                                  {"signers", "sources", "builders", "level", "signed-within-hours", "dirty-source",
                                   "network", "undeclared", "complete", "datasets", "base-models", "synthetic-data",
                                   "licenses", "frameworks", "inputs", "training", "summary"}));
  if (!view) return std::nullopt;
  ProvenancePolicy it;
  it.signers = signers;
  if (view->find("signers")) {
    WM_TRY(it.signers, parse_signers(*view, files));
  }
  WM_CHECK(parse_origin(*view, it));
  WM_CHECK(parse_materials(*view, it));
  WM_TRY(it.summary, parse_summary(*view, files));
  return it;
}

}  // namespace weightmark
