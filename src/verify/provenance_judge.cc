#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "attest/training.h"
#include "base/text.h"
#include "base/try.h"
#include "verify/provenance_rules.h"
#include "verify/provenance_source.h"

namespace weightmark {
namespace {

// Clocks differ by so much at most.
constexpr std::chrono::minutes kSkew{5};

// --- which rule

Result<const ConfiguredBuilder*> find_configured(const SignedProvenance& said, const Builders& builders) {
  for (const ConfiguredBuilder& builder : builders.impl().configured) {
    WM_TRY(const bool found, signs_for(said, builder));
    if (found) return &builder;
  }
  return nullptr;
}

std::string describe_signer(const SignerReport& signer) {
  if (!signer.identity.names.empty()) return excerpt(signer.identity.names.front().value);
  return fmt::format("the {} key {}", signer.key_type, signer.key_fingerprint);
}

Result<ProvenanceFacts> apply_rule(const Case& it, const Builders& builders) {
  WM_TRY(const ConfiguredBuilder* configured, record(find_configured(it.said, builders), "builder", it.checks));
  if (configured != nullptr) return judge_configured(it, *configured);
  if (it.provenance().build_type == kTrainingBuildType) return judge_training(it);
  if (!it.said.google_key.empty()) return judge_google(it);
  if (it.said.signer.identity.issuer == kGithubIssuer) return judge_github(it);
  if (it.said.signer.identity.issuer == kGitlabIssuer) return judge_gitlab(it);
  return record<ProvenanceFacts>(
      refuse(ErrorCode::kProvenanceBuilderSigner,
             fmt::format("nothing says that {} may sign for {}", describe_signer(it.said.signer),
                         excerpt(it.provenance().builder_id)),
             "builder.id", "a file of builders can say so (--builders)"),
      "builder", it.checks);
}

// --- when

std::string text_of(Time time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", time); }

// signed_by is the latest time at which the statement can have been made.
Time signed_by(const SignerReport& signer, Time now) {
  const auto latest = std::ranges::max_element(signer.times, {}, &TimeReport::time);
  return latest == signer.times.end() ? now : latest->time;
}

Result<void> check_future(const std::optional<Time>& time, std::string_view what, Time signed_at) {
  if (!time || *time <= signed_at + kSkew) return {};
  return refuse(ErrorCode::kProvenanceTime,
                fmt::format("{} is after the statement was signed, {}", text_of(*time), text_of(signed_at)), what);
}

Result<void> check_times(const ProvenanceFacts& facts, const SignerReport& signer, Time now) {
  const Time signed_at = signed_by(signer, now);
  WM_CHECK(check_future(facts.started, "startedOn", signed_at));
  WM_CHECK(check_future(facts.finished, "finishedOn", signed_at));
  if (!facts.started || !facts.finished || *facts.started <= *facts.finished) return {};
  return refuse(ErrorCode::kProvenanceTime,
                fmt::format("it finished {}, before it started {}", text_of(*facts.finished), text_of(*facts.started)),
                "finishedOn");
}

// --- of what

using DigestPair = std::pair<std::string, std::string>;

Result<void> check_self(const SignedProvenance& said) {
  std::set<DigestPair> subjects;
  for (const Subject& subject : said.subjects) subjects.insert(subject.digests.begin(), subject.digests.end());
  for (const ResourceDescriptor& dependency : said.provenance.dependencies)
    for (const DigestPair& digest : dependency.digests)
      if (subjects.contains(digest))
        return refuse(ErrorCode::kProvenanceSelf,
                      fmt::format("it was built from itself, {}:{}", digest.first, excerpt(digest.second)),
                      excerpt(dependency.name.empty() ? dependency.uri : dependency.name));
  return {};
}

Result<void> check_contradiction(const Provenance& provenance) {
  std::map<std::pair<std::string, std::string>, std::string> known;  // by URI and algorithm
  for (const ResourceDescriptor& dependency : provenance.dependencies) {
    if (dependency.uri.empty()) continue;
    for (const auto& [algorithm, hex] : dependency.digests) {
      const auto [at, added] = known.try_emplace({dependency.uri, algorithm}, hex);
      if (!added && at->second != hex)
        return refuse(ErrorCode::kProvenanceContradictory,
                      fmt::format("has two digests, {} and {}", excerpt(at->second), excerpt(hex)),
                      excerpt(dependency.uri));
    }
  }
  return {};
}

// --- as expected

Result<void> expect_source(const ProvenanceFacts& facts, const ProvenanceExpectations& expected) {
  if (expected.source_uri.empty()) return {};
  const ProvenanceSource wanted = parse_source(expected.source_uri);
  const bool ref = wanted.ref.empty() || wanted.ref == facts.source.ref;
  if (wanted.uri == normal_uri(facts.source.uri) && ref) return {};
  return refuse(ErrorCode::kProvenanceSource,
                fmt::format("built from {}, not from {}", excerpt(facts.source.uri), excerpt(expected.source_uri)), {},
                "compare --source-uri with where the publisher develops it");
}

Result<void> expect_branch(const ProvenanceFacts& facts, const ProvenanceExpectations& expected) {
  if (expected.branch.empty() || facts.branch == expected.branch) return {};
  return refuse(ErrorCode::kProvenanceRef,
                facts.branch.empty() ? "it does not say from which branch"
                                     : fmt::format("built from the branch \"{}\"", excerpt(facts.branch)),
                excerpt(expected.branch));
}

Result<void> expect_tag(const ProvenanceFacts& facts, const ProvenanceExpectations& expected) {
  const auto other = [&](const std::string& wanted) {
    return refuse(ErrorCode::kProvenanceRef,
                  facts.tag.empty() ? "it was not built from a tag"
                                    : fmt::format("built from the tag \"{}\"", excerpt(facts.tag)),
                  excerpt(wanted));
  };
  if (!expected.tag.empty() && facts.tag != expected.tag) return other(expected.tag);
  if (expected.versioned_tag.empty()) return {};
  WM_TRY(const bool matches, matches_version(facts.tag, expected.versioned_tag));
  if (!matches) return other(expected.versioned_tag);
  return {};
}

Result<void> compare(const ProvenanceFacts& facts, const ProvenanceExpectations& expected, std::vector<Check>& checks) {
  WM_CHECK(record(expect_source(facts, expected), "source", checks));
  const ProvenanceSource& source = facts.source;
  record_passed(checks, "source",
                fmt::format("{}{}{}", source.uri.empty() ? "none" : excerpt(source.uri),
                            source.ref.empty() ? "" : "@" + excerpt(source.ref),
                            source.commit.empty() ? "" : ", commit " + excerpt(source.commit)));
  WM_CHECK(record(expect_branch(facts, expected), "branch", checks));
  if (!expected.branch.empty()) record_passed(checks, "branch", expected.branch);
  WM_CHECK(record(expect_tag(facts, expected), "tag", checks));
  if (!expected.tag.empty() || !expected.versioned_tag.empty()) record_passed(checks, "tag", facts.tag);
  return {};
}

void cap_level(ProvenanceFacts& facts) {
  facts.level = std::min(facts.level, 1U);
  facts.level_reason = "nobody attests when it was signed";
}

}  // namespace

Result<ProvenanceFacts> judge_provenance(const SignedProvenance& said, const Builders& builders,
                                         const ProvenanceExpectations& expected, Time now, std::vector<Check>& checks) {
  const Case it{said, expected, checks};
  WM_TRY(ProvenanceFacts facts, apply_rule(it, builders));
  if (!said.time_proven) cap_level(facts);
  WM_CHECK(compare(facts, expected, checks));
  WM_CHECK(record(check_times(facts, said.signer, now), "build-time", checks));
  WM_CHECK(record(check_self(said), "dependencies", checks));
  WM_CHECK(record(check_contradiction(said.provenance), "dependencies", checks));
  record_passed(checks, "dependencies",
                fmt::format("{} listed, {} without a digest", facts.dependencies, facts.undigested));
  record_passed(checks, "level", fmt::format("SLSA build level {}: {}", facts.level, facts.level_reason));
  return facts;
}

Result<void> check_level(unsigned level, const std::string& reason, unsigned least) {
  if (level >= least) return {};
  return refuse(ErrorCode::kProvenanceLevel, fmt::format("of SLSA build level {}, below {}: {}", level, least, reason));
}

Result<void> tie_platform(const ProvenanceFacts& ours, const ProvenanceFacts& platform, std::vector<Check>& checks) {
  const auto tie = [&]() -> Result<void> {
    if (!platform.by_platform)
      return refuse(ErrorCode::kProvenancePlatform, "no platform made this statement", excerpt(platform.builder_id));
    const bool commits = !ours.source.commit.empty() && !platform.source.commit.empty();
    if (!commits || ours.source.commit != platform.source.commit || ours.source.uri != platform.source.uri)
      return refuse(
          ErrorCode::kProvenancePlatform,
          fmt::format("the platform built {} at {}, the statement is about {} at {}", excerpt(platform.source.uri),
                      excerpt(platform.source.commit), excerpt(ours.source.uri), excerpt(ours.source.commit)));
    if (ours.invocation.empty() || ours.invocation != platform.invocation)
      return refuse(ErrorCode::kProvenancePlatform,
                    fmt::format("the platform speaks of the run {}, the statement of {}", excerpt(platform.invocation),
                                excerpt(ours.invocation)));
    return {};
  };
  WM_CHECK(record(tie(), "platform", checks));
  record_passed(checks, "platform", fmt::format("{} says the same subject, commit and run", platform.builder_id));
  return {};
}

std::vector<ExpectedIdentity> identities_of(const Builders& builders) {
  std::vector<ExpectedIdentity> identities = {
      {R"(https://github\.com/[^/@]+/[^/@]+/[^@]+@.+)", R"(https://token\.actions\.githubusercontent\.com)", true},
      {R"(https://gitlab\.com/[^@]+//[^@]+@.+)", R"(https://gitlab\.com)", true}};
  for (const ConfiguredBuilder& builder : builders.impl().configured)
    if (const auto* identity = std::get_if<ExpectedIdentity>(&builder.signer)) identities.push_back(*identity);
  return identities;
}

}  // namespace weightmark
