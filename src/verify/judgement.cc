#include "verify/judgement.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "attest/stated_inputs.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/judgement_rules.h"

namespace weightmark {

// --- findings

void RuleFindings::add(Answer answer, std::string what, std::string about) {
  const bool fails = answer == Answer::kDoesNotHold;
  std::vector<Finding>& list = fails ? fails_ : unknown_;
  if (list.size() == kMaxShown) {
    ++(fails ? more_fails_ : more_unknown_);
    return;
  }
  list.push_back({rule_, answer, std::move(what), std::move(about)});
}

void RuleFindings::conclude(std::string what, std::vector<Finding>& all) && {
  const auto tell = [&](std::vector<Finding>& list, std::size_t more) {
    if (list.empty()) return;
    const Answer answer = list.front().answer;
    std::ranges::move(list, std::back_inserter(all));
    if (more > 0) all.push_back({rule_, answer, fmt::format("and {} more", more), {}});
  };
  if (fails_.empty() && unknown_.empty()) all.push_back({rule_, Answer::kHolds, std::move(what), {}});
  tell(fails_, more_fails_);
  tell(unknown_, more_unknown_);
}

std::string_view answer_name(Answer answer) {
  switch (answer) {
    case Answer::kHolds: return "holds";
    case Answer::kDoesNotHold: return "does-not-hold";
    case Answer::kCannotTell: return "cannot-tell";
  }
  return "";
}

Answer overall(const std::vector<Finding>& findings) {
  const auto has = [&](Answer answer) {
    return std::ranges::find(findings, answer, &Finding::answer) != findings.end();
  };
  if (has(Answer::kDoesNotHold)) return Answer::kDoesNotHold;
  return has(Answer::kCannotTell) ? Answer::kCannotTell : Answer::kHolds;
}

// --- inputs

std::string Input::name() const {
  if (!resource.uri.empty()) return excerpt(resource.uri);
  if (!resource.name.empty()) return excerpt(resource.name);
  return resource.digests.empty() ? "" : excerpt(resource.digests.front().second);
}

bool Input::is_content() const {
  static constexpr auto kKinds =
      std::to_array<std::string_view>({"", "dataset", "model", "tokenizer", "judge-model", "file"});
  return std::ranges::find(kKinds, facts.kind) != kKinds.end();
}

std::vector<Input> inputs_of(const MadeModel& made) {
  std::vector<Input> inputs;
  const std::size_t count = std::min(made.inputs.size(), made.provenance.dependencies.size());
  inputs.reserve(count);
  for (std::size_t i = 0; i < count; ++i) inputs.push_back({made.provenance.dependencies[i], made.inputs[i]});
  return inputs;
}

bool list_is_complete(const JudgementCase& it) {
  const bool seen = it.made.training && it.made.training->conditions.complete;
  return seen || it.policy.complete == Completeness::kAssumed;
}

Answer match(const ResourcePattern& pattern, const Input& input) {
  const auto answer = [](bool yes) { return yes ? Answer::kHolds : Answer::kDoesNotHold; };
  if (pattern.algorithm().empty()) {
    const ResourceDescriptor& resource = input.resource;
    if (pattern.matches_uri(resource.uri) || pattern.matches_uri(resource.download_location)) return Answer::kHolds;
    return resource.uri.empty() ? Answer::kCannotTell : Answer::kDoesNotHold;
  }
  if (pattern.algorithm() == "merkle")
    return input.facts.merkle ? answer(input.facts.merkle->root == pattern.hex()) : Answer::kCannotTell;
  const std::string_view digest = input.resource.digest(pattern.algorithm());
  return digest.empty() ? Answer::kCannotTell : answer(digest == pattern.hex());
}

// --- where it comes from

namespace {

std::string with_version(const std::string& uri, const std::string& version) {
  return version.empty() ? uri : uri + '@' + version;
}

void judge_sources(const JudgementCase& it, std::vector<Finding>& all) {
  if (it.policy.sources.empty()) return;
  RuleFindings findings("sources");
  const ProvenanceSource& source = it.made.facts.source;
  const std::string by_ref = with_version(source.uri, source.ref);
  const std::string by_commit = with_version(source.uri, source.commit);
  const auto accepts = [&](const ResourcePattern& one) {
    return one.matches_uri(by_ref) || one.matches_uri(by_commit);
  };
  // A pattern with a branch or a tag cannot be compared where none is said.
  const auto may_accept = [&](const ResourcePattern& one) {
    const std::string_view bare = unversioned(one.text());
    return source.ref.empty() && bare.size() < one.text().size() && glob_matches(bare, source.uri);
  };
  if (source.uri.empty()) {
    findings.unknown("it is not said from which source");
  } else if (std::ranges::none_of(it.policy.sources, accepts)) {
    if (std::ranges::any_of(it.policy.sources, may_accept)) {
      findings.unknown("it is not said from which branch or tag", excerpt(source.uri));
    } else {
      findings.fails("made from another source than is demanded", excerpt(by_ref));
    }
  }
  std::move(findings).conclude(excerpt(by_ref), all);
}

void judge_builder(const JudgementCase& it, std::vector<Finding>& all) {
  if (it.policy.builders.empty()) return;
  RuleFindings findings("builders");
  const std::string& id = it.made.facts.builder_id;
  if (id.empty())
    findings.unknown("it is not said on which builder");
  else if (std::ranges::none_of(it.policy.builders, [&](const auto& one) { return one.matches_uri(id); }))
    findings.fails("made on another builder than is demanded", excerpt(id));
  std::move(findings).conclude(excerpt(id), all);
}

// A level of nought is what is known where nothing supports more.
void judge_level(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.level) return;
  RuleFindings findings("level");
  const ProvenanceFacts& facts = it.made.facts;
  const std::string found = fmt::format("SLSA build level {}: {}", facts.level, excerpt(facts.level_reason));
  if (facts.level < *it.policy.level) {
    if (facts.rule.empty())
      findings.unknown("no rule says what its signer and its builder support");
    else
      findings.fails(fmt::format("{} is demanded, this is {}", *it.policy.level, found));
  }
  std::move(findings).conclude(found, all);
}

void judge_signing_time(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.signed_within) return;
  RuleFindings findings("signed-within-hours");
  const auto& finished = it.made.facts.finished;
  if (!finished) findings.unknown("it is not said when it was finished");
  if (it.made.signer.times.empty()) findings.unknown("nobody attests when the provenance was signed");
  for (const TimeReport& time : it.made.signer.times)
    if (finished && time.time > *finished + *it.policy.signed_within)
      findings.fails(fmt::format("signed {:%Y-%m-%dT%H:%M:%SZ}, long after it was finished {:%Y-%m-%dT%H:%M:%SZ}",
                                 time.time, *finished));
  std::move(findings).conclude("signed soon after it was finished", all);
}

void judge_dirty_source(const JudgementCase& it, std::vector<Finding>& all) {
  if (!it.policy.clean_source) return;
  RuleFindings findings("dirty-source");
  bool found = false;
  for (const Input& input : inputs_of(it.made)) {
    if (!input.is("source")) continue;
    found = true;
    if (!input.facts.dirty)
      findings.unknown("it is not said whether the source was as committed", input.name());
    else if (*input.facts.dirty)
      findings.fails("the source differed from its commit", input.name());
  }
  if (!found) findings.unknown("no source is listed");
  std::move(findings).conclude("the source was as committed", all);
}

}  // namespace

void judge_origin(const JudgementCase& it, std::vector<Finding>& all) {
  judge_sources(it, all);
  judge_dirty_source(it, all);
  judge_builder(it, all);
  judge_level(it, all);
  judge_signing_time(it, all);
}

std::vector<Finding> judge_made(const JudgementCase& it) {
  std::vector<Finding> all;
  judge_origin(it, all);
  judge_conditions(it, all);
  judge_lists(it, all);
  judge_inputs(it, all);
  judge_training(it, all);
  return all;
}

Result<MadeModel> MadeModel::of(ProvenanceFacts facts, Provenance provenance, SignerReport signer) {
  WM_TRY(StatedInputs inputs, parse_inputs(provenance));
  return MadeModel{std::move(facts), std::move(provenance), std::move(inputs.facts), std::move(inputs.training),
                   std::move(signer)};
}

}  // namespace weightmark
