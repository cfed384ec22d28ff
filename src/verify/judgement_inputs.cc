// Rules on how the command ran, and on each thing that a model was made of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "verify/judgement_rules.h"
#include "verify/sigstore.h"

namespace weightmark {
namespace {

const TrainingConditions* conditions_of(const MadeModel& made) {
  return made.training ? &made.training->conditions : nullptr;
}

// --- conditions

void judge_network(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.network_denied) return;
  RuleFindings findings("network");
  const auto* conditions = conditions_of(it.made);
  if (conditions == nullptr || conditions->network.empty())
    findings.unknown("it is not said whether the command had a network");
  else if (conditions->network == "open")
    findings.fails("the command had a network");
  std::move(findings).conclude("the command had no network", all);
}

void judge_complete(const JudgementCase& it, std::vector<Finding>& all) {
  if (it.policy.complete != Completeness::kRequired) return;
  RuleFindings findings("complete");
  const auto* conditions = conditions_of(it.made);
  if (conditions == nullptr)
    findings.unknown("it is not said whether all inputs are listed");
  else if (!conditions->complete)
    findings.fails(fmt::format("not all inputs are known: {}",
                               conditions->incomplete.empty()
                                   ? "nobody saw what was read"
                                   : excerpt(fmt::format("{}", fmt::join(conditions->incomplete, "; ")))));
  std::move(findings).conclude("all inputs are listed", all);
}

void judge_undeclared(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.undeclared_forbidden) return;
  RuleFindings findings("undeclared");
  for (const Input& input : inputs_of(it.made))
    if (input.facts.undeclared.value_or(false)) findings.fails("was read and had not been declared", input.name());
  const auto* conditions = conditions_of(it.made);
  if (conditions == nullptr || conditions->mode != "fanotify")
    findings.unknown("nobody saw what was read");
  else if (!conditions->complete)
    findings.unknown("not all that was read was seen");
  std::move(findings).conclude("nothing was read that had not been declared", all);
}

// --- each input

// check_listed: of what is not listed nothing can be told.
void check_listed(const JudgementCase& it, RuleFindings& findings) {
  const std::vector<Input> inputs = inputs_of(it.made);
  if (std::ranges::none_of(inputs, &Input::is_content) && !list_is_complete(it))
    findings.unknown("no dataset or model is listed that went in");
}

// A digest of what changed meanwhile is of something else than what was read.
void judge_digests(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.inputs.digests) return;
  RuleFindings findings("inputs.digests");
  for (const Input& input : inputs_of(it.made)) {
    if (!input.is_content()) continue;
    const DependencyFacts& facts = input.facts;
    if (input.resource.digests.empty())
      findings.fails("has no digest", input.name());
    else if (facts.changed.value_or(false))
      findings.fails("changed while it was read", input.name());
    else if (facts.writable_by_others.value_or(false) && !facts.changed)
      findings.unknown("others could write it, and nobody looked whether they did", input.name());
  }
  check_listed(it, findings);
  std::move(findings).conclude("every input has a digest", all);
}

// says_nothing is true where what is absent may just not have been recorded.
bool says_nothing(const JudgementCase& it, const Input& input) { return !it.made.training || input.facts.kind.empty(); }

std::string signer_of(const InputSignature& signature) {
  return signature.issuer.empty() ? "the key " + excerpt(signature.identity) : excerpt(signature.identity);
}

void judge_signatures(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.inputs.signatures) return;
  RuleFindings findings("inputs.signatures");
  for (const Input& input : inputs_of(it.made)) {
    if (!input.is_content()) continue;
    const auto& signature = input.facts.signature;
    if (!signature && says_nothing(it, input))
      findings.unknown("it is not said whether it is signed", input.name());
    else if (!signature)
      findings.fails("is not signed", input.name());
    else if (!signature->verified)
      findings.fails(fmt::format("its signature by {} was not verified", signer_of(*signature)), input.name());
  }
  check_listed(it, findings);
  std::move(findings).conclude("every dataset and model is signed, and was verified", all);
}

const Input* find_version(const std::vector<Input>& inputs, std::string_view uri) {
  const auto found =
      std::ranges::find_if(inputs, [&](const Input& one) { return unversioned(one.resource.uri) == unversioned(uri); });
  return found == inputs.end() ? nullptr : &*found;
}

void compare_signers(const Input& before, const Input& now, RuleFindings& findings) {
  if (!before.facts.signature) return;
  const InputSignature& old = *before.facts.signature;
  if (!now.facts.signature)
    findings.fails(fmt::format("was signed by {} and is not signed now", signer_of(old)), now.name());
  else if (now.facts.signature->identity != old.identity || now.facts.signature->issuer != old.issuer)
    findings.fails(fmt::format("was signed by {} and is now by {}", signer_of(old), signer_of(*now.facts.signature)),
                   now.name());
}

void judge_signer_changes(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.inputs.signer_changes) return;
  RuleFindings findings("inputs.signer-changes");
  if (it.previous == nullptr) findings.unknown("the provenance of the version before is not there to compare with");
  const std::vector<Input> before = it.previous == nullptr ? std::vector<Input>{} : inputs_of(*it.previous);
  for (const Input& input : inputs_of(it.made)) {
    if (it.previous == nullptr || !input.is_content()) continue;
    if (input.resource.uri.empty()) {
      findings.unknown("has no URI to compare by", input.name());
      continue;
    }
    const Input* old = find_version(before, input.resource.uri);
    if (old != nullptr) compare_signers(*old, input, findings);
  }
  check_listed(it, findings);
  std::move(findings).conclude("what was signed before is signed by the same", all);
}

bool is_by(const InputSignature& signature, const NamedSigner& who) {
  if (const auto* fingerprint = std::get_if<std::string>(&who))
    return signature.issuer.empty() && signature.identity == *fingerprint;
  if (signature.issuer.empty()) return false;
  const CertificateIdentity identity{{{SubjectName::Kind::kOther, signature.identity}}, signature.issuer, {}};
  return verify_identity(identity, {std::get<ExpectedIdentity>(who)}).has_value();
}

void check_known(const JudgementCase& it, const KnownSigners& known, const Input& input, RuleFindings& findings) {
  const auto& signature = input.facts.signature;
  if (!signature && says_nothing(it, input)) {
    findings.unknown("it is not said who signed it", input.name());
  } else if (!signature || !signature->verified) {
    findings.fails("is not signed by whom its URI stands for", input.name());
  } else if (std::ranges::none_of(known.who, [&](const NamedSigner& who) { return is_by(*signature, who); })) {
    findings.fails(fmt::format("is signed by {}, whom its URI does not stand for", signer_of(*signature)),
                   input.name());
  }
}

// A name of a hub can be registered anew by somebody else.
void judge_known_signers(const JudgementCase& it, std::vector<Finding>& all) {
  if (it.policy.inputs.signers.empty()) return;
  RuleFindings findings("inputs.signers");
  for (const Input& input : inputs_of(it.made))
    for (const KnownSigners& known : it.policy.inputs.signers) {
      const Answer matches = match(known.of, input);
      if (matches == Answer::kHolds) check_known(it, known, input, findings);
      if (matches == Answer::kCannotTell && input.is_content())
        findings.unknown(fmt::format("it is not said whether it is {}", excerpt(known.of.text())), input.name());
    }
  check_listed(it, findings);
  std::move(findings).conclude("signed by whom the URIs stand for", all);
}

bool is_commit(std::string_view version) {
  constexpr std::string_view kDigest = "sha256:";
  if (version.starts_with(kDigest)) version.remove_prefix(kDigest.size());
  const bool hex =
      std::ranges::all_of(version, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return hex && (version.size() == 40 || version.size() == 64);
}

// immutable says whether a URI names the same bytes for ever. Those of package registries
// do; a path says nothing to anybody else.
Answer immutable(const Input& input) {
  const std::string& uri = input.resource.uri;
  if (uri.empty() || uri.starts_with("file:") || uri.find(':') == std::string::npos) return Answer::kCannotTell;
  const std::string_view version = version_of(uri);
  const bool package = uri.starts_with("pkg:") && !uri.starts_with("pkg:huggingface/") &&
                       !uri.starts_with("pkg:oci/") && !uri.starts_with("pkg:git") && !version.empty();
  const bool object = uri.find("versionId=") != std::string::npos;
  const bool commit = is_commit(version) || !input.resource.digest("gitCommit").empty();
  return package || object || commit ? Answer::kHolds : Answer::kDoesNotHold;
}

void judge_uris(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.inputs.immutable_uris) return;
  RuleFindings findings("inputs.uris");
  for (const Input& input : inputs_of(it.made)) {
    if (!input.is_content() && !input.is("source")) continue;
    const Answer answer = immutable(input);
    if (answer == Answer::kDoesNotHold)
      findings.fails("what its URI names can change: there is no commit in it", input.name());
    if (answer == Answer::kCannotTell) findings.unknown("there is no URI that names it to others", input.name());
  }
  check_listed(it, findings);
  std::move(findings).conclude("every URI names one version", all);
}

void judge_files_read(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.inputs.listed_files) return;
  RuleFindings findings("inputs.files-read");
  for (const Input& input : inputs_of(it.made)) {
    if (!input.is_content()) continue;
    const auto& files = input.facts.files;
    const auto& read = input.facts.files_read;
    if (!files || !read)
      findings.unknown("it is not said how many of its files were read", input.name());
    else if (*read > *files)
      findings.fails(fmt::format("{} of its {} files were read", *read, *files), input.name());
  }
  check_listed(it, findings);
  std::move(findings).conclude("only files were read that the digests cover", all);
}

void judge_evidence(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.inputs.observed) return;
  RuleFindings findings("inputs.evidence");
  for (const Input& input : inputs_of(it.made)) {
    if (!input.is_content()) continue;
    if (input.facts.evidence.empty())
      findings.unknown("it is not said how it is known", input.name());
    else if (input.facts.evidence != kEvidenceObserved)
      findings.fails(fmt::format("is {}, not observed", input.facts.evidence), input.name());
  }
  check_listed(it, findings);
  std::move(findings).conclude("every input was seen to be read", all);
}

// What Python's pickle reads can run code.
bool may_be_pickled(const Input& input) {
  static constexpr auto kEnds =
      std::to_array<std::string_view>({".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".npy", ".npz"});
  return std::ranges::any_of(kEnds, [&](std::string_view end) {
    return input.resource.name.ends_with(end) || unversioned(input.resource.uri).ends_with(end);
  });
}

bool brings_code(const Input& input) {
  static constexpr auto kKinds =
      std::to_array<std::string_view>({"source", "container", "framework", "package", "accelerator-runtime",
                                       "environment", "model", "tokenizer", "judge-model"});
  return std::ranges::find(kKinds, input.facts.kind) != kKinds.end() || may_be_pickled(input);
}

void judge_code(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.inputs.pinned_code) return;
  RuleFindings findings("inputs.code");
  for (const Input& input : inputs_of(it.made)) {
    if (!input.resource.digests.empty()) continue;
    if (brings_code(input))
      findings.fails("can bring code and has no digest", input.name());
    else if (input.facts.kind.empty())
      findings.unknown("it is not said what it is, and it has no digest", input.name());
  }
  check_listed(it, findings);
  std::move(findings).conclude("all that can bring code has a digest", all);
}

}  // namespace

void judge_conditions(const JudgementCase& it, std::vector<Finding>& all) {
  judge_network(it, all);
  judge_complete(it, all);
  judge_undeclared(it, all);
}

void judge_inputs(const JudgementCase& it, std::vector<Finding>& all) {
  judge_digests(it, all);
  judge_signatures(it, all);
  judge_signer_changes(it, all);
  judge_known_signers(it, all);
  judge_uris(it, all);
  judge_files_read(it, all);
  judge_evidence(it, all);
  judge_code(it, all);
}

}  // namespace weightmark
