#include <gtest/gtest.h>

#include "verify/provenance_testing.h"

namespace weightmark {
namespace {

using namespace testing;

Json with(const Json& object, std::string_view key, Json value) {
  JsonObject members = *object.as<JsonObject>();
  std::erase_if(members, [&](const auto& member) { return member.first == key; });
  members.emplace_back(key, std::move(value));
  return Json::object(std::move(members));
}

// set changes a member of one of the parameters, two levels deep.
void set(JsonObject& parameters, std::string_view outer, std::string_view inner, Json value) {
  for (auto& [key, member] : parameters)
    if (key == outer) member = with(member, inner, std::move(value));
}

std::string claim_changed(SignedProvenance said, std::string_view name, const std::string& value) {
  set_claim(said.signer, name, value);
  return judged(said);
}

// --- GitHub's own action

TEST(GithubAttest, IsAcceptedFromTheSourcesOwnWorkflow) {
  const ProvenanceFacts facts = facts_in(github_attest(), {.source_uri = "github.com/acme/tinylm"});
  EXPECT_EQ(facts.rule, "github-attest");
  EXPECT_EQ(facts.level, 2U);
  EXPECT_TRUE(facts.by_platform);
  EXPECT_EQ(facts.source, (ProvenanceSource{kRepository, kTag, kCommit}));
  EXPECT_EQ(facts.tag, "v1.4.0");
  EXPECT_EQ(facts.branch, "");
  EXPECT_EQ(facts.invocation, kRun);
  EXPECT_TRUE(facts.unconfirmed.empty());
}

TEST(GithubAttest, IsWorthLessOnAMachineOfTheirOwn) {
  SignedProvenance said = github_attest();
  set_claim(said.signer, "runner-environment", "self-hosted");
  EXPECT_EQ(judged(said), "provenance-claims");  // the statement says otherwise
  set(said.provenance.internal_parameters, "github", "runner_environment", "self-hosted");
  EXPECT_EQ(facts_in(said).level, 1U);
  EXPECT_TRUE(facts_in(said).self_hosted);
  set_claim(said.signer, "runner-environment", "");
  EXPECT_EQ(facts_in(said).level, 1U);
}

TEST(GithubAttest, NeedsEveryClaim) {
  for (const char* claim :
       {"source-repository-uri", "source-repository-digest", "source-repository-ref", "build-trigger"})
    EXPECT_EQ(claim_changed(github_attest(), claim, ""), "provenance-claims") << claim;
  SignedProvenance mail = github_attest();
  mail.signer.identity.names = {{SubjectName::Kind::kEmail, kWorkflow}};
  EXPECT_EQ(judged(mail), "provenance-claims");
  SignedProvenance two = github_attest();
  two.signer.identity.names.push_back({SubjectName::Kind::kUri, kGenerator});
  EXPECT_EQ(judged(two), "provenance-claims");
}

TEST(GithubAttest, NeedsClaimsThatAgree) {
  EXPECT_EQ(claim_changed(github_attest(), "build-config-digest", "00"), "provenance-claims");
  EXPECT_EQ(claim_changed(github_attest(), "build-signer-uri", kGenerator), "provenance-claims");
  EXPECT_EQ(claim_changed(github_attest(), "build-config-uri", "https://github.com/acme/tinylm-evil/a.yml@x"),
            "provenance-claims");
  EXPECT_EQ(claim_changed(github_attest(), "run-invocation-uri", "https://github.com/evil/x/actions/runs/1"),
            "provenance-claims");
}

TEST(GithubAttest, SpeaksForItselfAlone) {
  SignedProvenance said = github_attest();
  said.provenance.builder_id = "https://github.com/acme/tinylm/.github/workflows/other.yml@refs/tags/v1.4.0";
  EXPECT_EQ(judged(said), "provenance-builder-signer");
  said.provenance.builder_id = kGenerator;
  EXPECT_EQ(judged(said), "provenance-builder-signer");
}

TEST(GithubAttest, NamesTheSourceOfItsCertificate) {
  for (const auto& [claim, value] :
       {std::pair{"source-repository-digest", "00"}, {"source-repository-ref", "refs/x"}}) {
    SignedProvenance said = github_attest();
    set_claim(said.signer, "build-config-digest", "");
    EXPECT_EQ(claim_changed(said, claim, value), "provenance-claims") << claim;
  }
  EXPECT_EQ(claim_changed(github_attest(), "source-repository-identifier", "12"), "provenance-claims");
  EXPECT_EQ(claim_changed(github_attest(), "source-repository-owner-identifier", "12"), "provenance-claims");
  EXPECT_EQ(judged(changed(github_attest(),
                           [](auto& it) {
                             set(it.provenance.external_parameters, "workflow", "repository",
                                 "https://github.com/evil/tinylm");
                           })),
            "provenance-claims");
  EXPECT_EQ(judged(changed(github_attest(),
                           [](auto& it) {
                             set(it.provenance.external_parameters, "workflow", "path", ".github/workflows/x.yml");
                           })),
            "provenance-claims");
  EXPECT_EQ(judged(changed(github_attest(),
                           [](auto& it) {
                             it.provenance.dependencies[0].uri = "git+https://github.com/evil/x@refs/tags/v1.4.0";
                           })),
            "provenance-claims");
  EXPECT_EQ(
      judged(changed(github_attest(), [](auto& it) { it.provenance.dependencies[0].digests = {{"gitCommit", "00"}}; })),
      "provenance-claims");
}

TEST(GithubAttest, HasASource) {
  EXPECT_EQ(judged(changed(github_attest(), [](auto& it) { it.provenance.dependencies.clear(); })),
            "provenance-source");
  EXPECT_EQ(judged(changed(github_attest(), [](auto& it) { it.provenance.external_parameters.clear(); })),
            "provenance-source");
  EXPECT_EQ(judged(changed(github_attest(),
                           [](auto& it) { it.provenance.dependencies[0].uri = std::string("git+") + kRepository; })),
            "provenance-source");
}

TEST(GithubAttest, IsOfTheRunOfItsCertificate) {
  EXPECT_EQ(claim_changed(github_attest(), "build-trigger", "schedule"), "provenance-claims");
  EXPECT_EQ(claim_changed(github_attest(), "run-invocation-uri", std::string(kRun) + "0"), "provenance-claims");
}

TEST(GithubAttest, HasNoUnknownParameters) {
  EXPECT_EQ(
      judged(changed(github_attest(), [](auto& it) { it.provenance.external_parameters.emplace_back("x", Json(1)); })),
      "provenance-parameter");
  EXPECT_EQ(
      judged(changed(github_attest(), [](auto& it) { set(it.provenance.external_parameters, "workflow", "x", 1); })),
      "provenance-parameter");
}

TEST(GithubAttest, NeedsToBeOfAKnownType) {
  EXPECT_EQ(judged(changed(github_attest(), [](auto& it) { it.provenance.build_type = "https://example.org/x"; })),
            "provenance-build-type");
}

TEST(GithubAttest, RecordsNoInputs) {
  EXPECT_EQ(judged(github_attest(), {.inputs = {{"a", "b"}}}), "provenance-input");
}

constexpr const char* kElsewhere = "https://github.com/acme/train/.github/workflows/train.yml@refs/tags/v1.2.0";

TEST(GithubAttest, OfAnotherRepositorysWorkflowNeedsItsName) {
  const SignedProvenance said = github_attest(kElsewhere);
  EXPECT_EQ(judged(said), "provenance-builder");
  const std::string name = "https://github.com/acme/train/.github/workflows/train.yml";
  for (const std::string& id : {name, name + "@v1.2.0", name + "@refs/tags/v1.2.0"})
    EXPECT_EQ(judged(said, {.builder_id = id}), "accepted") << id;
  for (const std::string& id : {name + "@v1.2.1", name + "@v1.2", name + "@refs/heads/v1.2.0", name + "x"})
    EXPECT_EQ(judged(said, {.builder_id = id}), "provenance-builder") << id;
  EXPECT_EQ(judged(said, {.builder_id = name + "@a@b"}), "provenance-malformed");
}

TEST(GithubAttest, OfAnotherRepositorysBranchNeedsThatNamed) {
  const std::string name = "https://github.com/acme/train/.github/workflows/train.yml";
  const SignedProvenance said = github_attest(name + "@refs/heads/main");
  EXPECT_EQ(judged(said, {.builder_id = name}), "provenance-builder");
  EXPECT_EQ(judged(said, {.builder_id = name + "@refs/heads/main"}), "accepted");
}

// --- the generators

TEST(Generator, IsAcceptedAtLevel3) {
  const ProvenanceFacts facts = facts_in(generated());
  EXPECT_EQ(facts.rule, "slsa-github-generator");
  EXPECT_EQ(facts.level, 3U);
  EXPECT_EQ(facts.tag, "v1.4.0");
  EXPECT_EQ(facts.branch, "main");  // that the tag was pushed with
  SignedProvenance self_hosted = generated();
  set_claim(self_hosted.signer, "runner-environment", "self-hosted");
  EXPECT_EQ(facts_in(self_hosted).level, 1U);
}

// Certificates before 2023 say less, and the rule goes by what there is.
TEST(Generator, IsAcceptedWithAnOldCertificate) {
  SignedProvenance said = generated();
  for (const char* claim :
       {"build-signer-uri", "runner-environment", "source-repository-identifier", "source-repository-owner-identifier",
        "build-config-uri", "build-config-digest", "run-invocation-uri"})
    set_claim(said.signer, claim, "");
  EXPECT_EQ(judged(said), "accepted");
}

TEST(Generator, HasToBeARelease) {
  for (const char* ref :
       {"refs/heads/main", "refs/tags/v2.1", "refs/tags/v2.1.0-rc.1", "refs/tags/v2.1.0+x", "v2.1.0"}) {
    const std::string workflow = std::string(kGenerator).substr(0, std::string(kGenerator).find('@') + 1) + ref;
    SignedProvenance said = generated();
    said.signer = github_signer(workflow);
    said.provenance.builder_id = workflow;
    EXPECT_EQ(judged(said), "provenance-builder") << ref;
  }
}

TEST(Generator, SpeaksForItselfAlone) {
  EXPECT_EQ(judged(changed(generated(), [](auto& it) { it.provenance.builder_id = kDelegator; })),
            "provenance-builder-signer");
}

TEST(Generator, IsNotAnyWorkflowOfItsRepository) {
  const std::string workflow =
      "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/evil.yml@refs/tags/v2.1.0";
  SignedProvenance said = generated();
  said.signer = github_signer(workflow);
  said.provenance.builder_id = workflow;
  EXPECT_EQ(judged(said), "provenance-build-type");
}

TEST(Generator, MakesKnownTypesOnly) {
  EXPECT_EQ(judged(changed(generated(), [](auto& it) { it.provenance.build_type = "https://example.org/x"; })),
            "provenance-build-type");
}

TEST(Generator, NamesTheSourceOfItsCertificate) {
  const auto source = [](std::string_view key, Json value) {
    return judged(
        changed(generated(), [&](auto& it) { set(it.provenance.external_parameters, "configSource", key, value); }));
  };
  EXPECT_EQ(source("uri", "git+https://github.com/evil/tinylm@refs/tags/v1.4.0"), "provenance-claims");
  EXPECT_EQ(source("uri", "git+https://github.com/acme/tinylm@refs/tags/v1.4.1"), "provenance-claims");
  EXPECT_EQ(source("uri", "git+https://github.com/acme/tinylm"), "provenance-source");
  EXPECT_EQ(source("digest", Json::object({{"sha1", "00"}})), "provenance-claims");
  EXPECT_EQ(source("entryPoint", ".github/workflows/other.yml"), "provenance-claims");
  for (const auto& [key, code] : {std::pair{"github_repository_id", "provenance-claims"},
                                  {"github_repository_owner_id", "provenance-claims"},
                                  {"github_sha1", "provenance-claims"},
                                  {"github_ref", "provenance-claims"},
                                  {"github_run_id", "provenance-claims"},
                                  {"github_event_name", "provenance-claims"}})
    EXPECT_EQ(judged(changed(generated(),
                             [&](auto& it) { set(it.provenance.internal_parameters, "environment", key, "5"); })),
              code)
        << key;
}

TEST(Generator, RecordsInputsOfWhatWasStartedByHand) {
  SignedProvenance said = generated();
  EXPECT_EQ(judged(said, {.inputs = {{"steps", "100"}}}), "provenance-input");
  set_claim(said.signer, "build-trigger", "workflow_dispatch");
  set(said.provenance.internal_parameters, "environment", "github_event_name", "workflow_dispatch");
  EXPECT_EQ(judged(said, {.inputs = {{"steps", "100"}, {"fast", "true"}}}), "accepted");
  EXPECT_EQ(judged(said, {.inputs = {{"steps", "101"}}}), "provenance-input");
  EXPECT_EQ(judged(said, {.inputs = {{"other", ""}}}), "provenance-input");
}

// --- builders that bring their own workflow

constexpr const char* kMaven =
    "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_maven_slsa3.yml@refs/tags/"
    "v2.1.0";

TEST(Delegator, IsAcceptedForTheGeneratorsOwn) {
  EXPECT_EQ(facts_in(delegated(kMaven)).level, 3U);
  EXPECT_EQ(facts_in(delegated(kMaven)).builder_id, kMaven);
}

TEST(Delegator, NeedsTheNameOfAnyOther) {
  const std::string name = "https://github.com/acme/trw/.github/workflows/builder.yml";
  EXPECT_EQ(judged(delegated(name + "@refs/tags/v1.0.0")), "provenance-builder");
  EXPECT_EQ(judged(delegated(name + "@refs/tags/v1.0.0"), {.builder_id = name}), "accepted");
  EXPECT_EQ(judged(delegated(name + "@refs/heads/main"), {.builder_id = name}), "provenance-builder");
  EXPECT_EQ(judged(delegated(kMaven), {.builder_id = name}), "provenance-builder");
}

TEST(Delegator, TakesTheLanguageInJreleasersVersions) {
  const std::string name = "https://github.com/jreleaser/release-action/.github/workflows/builder_slsa3.yml";
  EXPECT_EQ(judged(delegated(name + "@refs/tags/v1.2.3-java"), {.builder_id = name}), "accepted");
  EXPECT_EQ(judged(delegated(name + "@refs/tags/v1.2.3-rust"), {.builder_id = name}), "provenance-builder");
}

TEST(Delegator, MayBuildWhatItCommittedItself) {
  SignedProvenance said = delegated(kMaven);
  said.provenance.dependencies[0].uri = "git+https://github.com/acme/tinylm";
  said.provenance.dependencies[0].digests = {{"gitCommit", "beef"}};
  const ProvenanceFacts facts = facts_in(said);
  EXPECT_EQ(facts.source, (ProvenanceSource{kRepository, "", "beef"}));
  EXPECT_EQ(facts.tag, "");
  EXPECT_EQ(judged(said, {.branch = "main"}), "provenance-ref");
}

TEST(Delegator, HasNoUnknownParameters) {
  EXPECT_EQ(judged(changed(delegated(kMaven),
                           [](auto& it) { it.provenance.external_parameters.emplace_back("x", Json(1)); })),
            "provenance-parameter");
}

TEST(Delegator, SaysWhichWorkflowWasStarted) {
  const auto drop = [](auto& it) {
    std::erase_if(it.provenance.internal_parameters,
                  [](const auto& one) { return one.first == "GITHUB_WORKFLOW_REF"; });
  };
  EXPECT_EQ(judged(changed(delegated(kMaven), drop)), "provenance-source");
}

// --- what the caller expects of the source

TEST(Expectations, AreOfTheSource) {
  for (const char* uri : {"github.com/acme/tinylm", "https://github.com/acme/tinylm",
                          "git+https://github.com/acme/tinylm", "https://github.com/acme/tinylm.git",
                          "https://github.com/acme/tinylm/", "git+https://github.com/acme/tinylm@refs/tags/v1.4.0"})
    EXPECT_EQ(judged(github_attest(), {.source_uri = uri}), "accepted") << uri;
  for (const char* uri : {"github.com/acme/tinylmA", "github.com/acme/tinyl", "Agithub.com/acme/tinylm",
                          "github.com/Acme/tinylm", "http://github.com/acme/tinylm", "gitlab.com/acme/tinylm",
                          "git+https://github.com/acme/tinylm@refs/tags/v1.4.1"})
    EXPECT_EQ(judged(github_attest(), {.source_uri = uri}), "provenance-source") << uri;
}

TEST(Expectations, AreOfBranchAndTag) {
  EXPECT_EQ(judged(generated(), {.branch = "main", .tag = "v1.4.0", .versioned_tag = "v1.4"}), "accepted");
  EXPECT_EQ(judged(generated(), {.branch = "master"}), "provenance-ref");
  EXPECT_EQ(judged(github_attest(), {.branch = "main"}), "provenance-ref");  // it does not say
  EXPECT_EQ(judged(generated(), {.tag = "v1.4"}), "provenance-ref");
  EXPECT_EQ(judged(generated(), {.versioned_tag = "v1.5"}), "provenance-ref");
  EXPECT_EQ(judged(generated(), {.versioned_tag = "1.4"}), "usage");
}

}  // namespace
}  // namespace weightmark
