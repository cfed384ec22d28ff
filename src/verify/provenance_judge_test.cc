// GitLab, Google Cloud Build, Weightmark's own and configured builders; times, dependencies,
// the tie to a platform.
#include <gtest/gtest.h>

#include "trust/builders.h"
#include "verify/provenance_testing.h"

namespace weightmark {
namespace {

using namespace testing;

void set_text(JsonObject& parameters, std::string_view key, Json value) {
  std::erase_if(parameters, [&](const auto& member) { return member.first == key; });
  parameters.emplace_back(key, std::move(value));
}

std::string claim_changed(SignedProvenance said, std::string_view name, const std::string& value) {
  set_claim(said.signer, name, value);
  return judged(said);
}

// --- GitLab

TEST(Gitlab, IsAcceptedOnItsOwnRunners) {
  const ProvenanceFacts facts = facts_in(gitlab_runner(), {.source_uri = "gitlab.com/acme/tinylm", .branch = "main"});
  EXPECT_EQ(facts.rule, "gitlab");
  EXPECT_EQ(facts.level, 2U);
  EXPECT_EQ(facts.source, (ProvenanceSource{"https://gitlab.com/acme/tinylm", "refs/heads/main", kCommit}));
  EXPECT_EQ(facts.invocation, "https://gitlab.com/acme/tinylm/-/jobs/77");
}

TEST(Gitlab, IsWorthLessOnOthers) {
  for (const char* runner : {"self-hosted", ""}) {
    SignedProvenance said = gitlab_runner();
    set_claim(said.signer, "runner-environment", runner);
    EXPECT_EQ(facts_in(said).level, 1U) << runner;
  }
}

// A job can sign what the control plane would have said, so that this is worth no more.
TEST(Gitlab, DoesNotTakeTheControlPlanesTypeForItsWord) {
  const auto control_plane = [](auto& it) {
    it.provenance.build_type = "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1";
  };
  EXPECT_EQ(facts_in(changed(gitlab_runner(), control_plane)).level, 2U);
}

TEST(Gitlab, NeedsEveryClaim) {
  for (const char* claim :
       {"source-repository-uri", "source-repository-digest", "source-repository-ref", "run-invocation-uri"})
    EXPECT_EQ(claim_changed(gitlab_runner(), claim, ""), "provenance-claims") << claim;
  EXPECT_EQ(claim_changed(gitlab_runner(), "build-config-uri", "https://gitlab.com/evil/x//a@b"), "provenance-claims");
  EXPECT_EQ(claim_changed(gitlab_runner(), "run-invocation-uri", "https://gitlab.com/evil/x/-/jobs/77"),
            "provenance-claims");
}

TEST(Gitlab, SaysWhatItsCertificateSays) {
  EXPECT_EQ(claim_changed(gitlab_runner(), "source-repository-digest", "00"), "provenance-claims");
  EXPECT_EQ(claim_changed(gitlab_runner(), "run-invocation-uri", "https://gitlab.com/acme/tinylm/-/jobs/78"),
            "provenance-claims");
  EXPECT_EQ(judged(changed(
                gitlab_runner(),
                [](auto& it) { set_text(it.provenance.external_parameters, "source", "https://gitlab.com/evil/x"); })),
            "provenance-claims");
  EXPECT_EQ(judged(changed(gitlab_runner(), [](auto& it) { it.provenance.dependencies.clear(); })),
            "provenance-source");
  EXPECT_EQ(judged(changed(gitlab_runner(),
                           [](auto& it) { it.provenance.builder_id = "https://gitlab.com/evil/x/-/runners/5"; })),
            "provenance-builder-signer");
  EXPECT_EQ(judged(changed(gitlab_runner(), [](auto& it) { set_text(it.provenance.external_parameters, "x", 1); })),
            "provenance-parameter");
  EXPECT_EQ(judged(changed(gitlab_runner(), [](auto& it) { it.provenance.build_type = "https://example.org"; })),
            "provenance-build-type");
  EXPECT_EQ(judged(gitlab_runner(), {.inputs = {{"a", "b"}}}), "provenance-input");
}

// --- Google Cloud Build

SignedProvenance old_google_build() {
  SignedProvenance said = google_build();
  said.provenance = parsed(kProvenanceV01, R"({
    "builder": {"id": "https://cloudbuild.googleapis.com/GoogleHostedWorker@v0.3"},
    "recipe": {"type": "https://cloudbuild.googleapis.com/CloudBuildYaml@v0.1", "entryPoint": "cloudbuild.yaml",
               "arguments": {"@type": "type.googleapis.com/google.devtools.cloudbuild.v1.Build",
                             "substitutions": {"TAG_NAME": "v1.4.0"}}},
    "materials": [{"uri": "https://github.com/acme/tinylm", "digest": {"sha1": "7f"}}]})");
  said.google_key =
      "projects/verified-builder/locations/us-west2/keyRings/attestor/cryptoKeys/builtByGCB/cryptoKeyVersions/1";
  return said;
}

TEST(GoogleBuild, IsAcceptedAtLevel3) {
  const ProvenanceFacts facts = facts_in(google_build(), {.source_uri = "github.com/acme/tinylm", .tag = "v1.4.0"});
  EXPECT_EQ(facts.rule, "google-cloud-build");
  EXPECT_EQ(facts.level, 3U);
  EXPECT_EQ(facts.branch, "main");
}

TEST(GoogleBuild, IsAcceptedInItsOlderForms) {
  EXPECT_EQ(facts_in(old_google_build(), {.source_uri = "github.com/acme/tinylm", .tag = "v1.4.0"}).level, 2U);
  SignedProvenance oldest = old_google_build();
  oldest.provenance.builder_id = oldest.provenance.build_type =
      "https://cloudbuild.googleapis.com/GoogleHostedWorker@v0.2";
  oldest.provenance.dependencies[0] = {"", "https://github.com/acme/tinylm/commit/7f1a", {}, "", "", {}};
  EXPECT_EQ(facts_in(oldest).source, (ProvenanceSource{kRepository, "", "7f1a"}));
  SignedProvenance archive = old_google_build();
  archive.provenance.dependencies[0].uri = "gs://bucket/source.tgz#16636";
  EXPECT_EQ(judged(archive, {.source_uri = "gs://bucket/source.tgz"}), "accepted");
}

TEST(GoogleBuild, IsOfTheExpectedVersion) {
  const std::string name = "https://cloudbuild.googleapis.com/GoogleHostedWorker";
  EXPECT_EQ(judged(old_google_build(), {.builder_id = name}), "accepted");
  EXPECT_EQ(judged(old_google_build(), {.builder_id = name + "@v0.3"}), "accepted");
  EXPECT_EQ(judged(old_google_build(), {.builder_id = name + "@v0.4"}), "provenance-builder");
  EXPECT_EQ(judged(google_build(), {.builder_id = name + "a"}), "provenance-builder");
}

TEST(GoogleBuild, IsSignedByTheKeyOfItsForm) {
  SignedProvenance said = google_build();
  said.google_key = old_google_build().google_key;
  EXPECT_EQ(judged(said), "provenance-builder-signer");
  said = old_google_build();
  said.google_key = google_build().google_key;
  EXPECT_EQ(judged(said), "provenance-builder-signer");
}

TEST(GoogleBuild, SpeaksForItselfAlone) {
  for (const char* id : {kWorkflow, "https://cloudbuild.googleapis.com/GoogleHostedWorker@v0.3",
                         "https://cloudbuild.googleapis.com/GoogleHostedWorkerX"})
    EXPECT_EQ(judged(changed(google_build(), [&](auto& it) { it.provenance.builder_id = id; })),
              "provenance-builder-signer")
        << id;
}

TEST(GoogleBuild, HasKnownTypesAndParameters) {
  EXPECT_EQ(judged(changed(google_build(), [](auto& it) { it.provenance.build_type = "x"; })), "provenance-build-type");
  EXPECT_EQ(judged(changed(google_build(), [](auto& it) { set_text(it.provenance.external_parameters, "x", 1); })),
            "provenance-parameter");
  EXPECT_EQ(judged(changed(old_google_build(),
                           [](auto& it) {
                             set_text(it.provenance.external_parameters, "arguments", Json::object({{"@type", "x"}}));
                           })),
            "provenance-parameter");
  EXPECT_EQ(judged(changed(google_build(), [](auto& it) { it.provenance.dependencies.clear(); })), "provenance-source");
  EXPECT_EQ(judged(google_build(), {.inputs = {{"a", "b"}}}), "provenance-input");
}

TEST(GoogleBuild, SaysItsTagInTwoPlaces) {
  const auto other = [](auto& it) {
    set_text(it.provenance.internal_parameters, "systemSubstitutions", Json::object({{"TAG_NAME", "v1.5.0"}}));
  };
  EXPECT_EQ(judged(changed(google_build(), other), {.tag = "v1.5.0"}), "provenance-ref");
}

// --- Weightmark's own

TEST(Training, IsAcceptedAtLevel1FromAWorkflow) {
  const ProvenanceFacts facts = facts_in(trained(github_signer(), kWorkflow), {.source_uri = kRepository});
  EXPECT_EQ(facts.rule, "weightmark");
  EXPECT_EQ(facts.level, 1U);
  EXPECT_FALSE(facts.by_platform);
  EXPECT_EQ(facts.source.commit, kCommit);
  EXPECT_EQ(facts.invocation, kRun);
  EXPECT_FALSE(facts.unconfirmed.empty());
}

TEST(Training, CannotClaimToBeBuiltByAnother) {
  EXPECT_EQ(judged(trained(github_signer(), kGenerator)), "provenance-builder-signer");
  SignerReport key{"key", "EC P-256", "00", {}, "DSSE"};
  for (const char* id :
       {kWorkflow, "https://gitlab.com/acme/x/-/runners/1", "https://cloudbuild.googleapis.com/GoogleHostedWorker"})
    EXPECT_EQ(judged(trained(key, id)), "provenance-builder-signer") << id;
  EXPECT_EQ(judged(trained(gitlab_signer(), "https://gitlab.com/other")), "provenance-builder-signer");
}

TEST(Training, IsAcceptedFromAKeyOrAPerson) {
  SignerReport key{"key", "EC P-256", "00", {}, "DSSE"};
  const ProvenanceFacts facts = facts_in(trained(key, "https://acme.example/lab"));
  EXPECT_EQ(facts.level, 1U);
  EXPECT_EQ(facts.unconfirmed.front(), "builder.id");
  EXPECT_EQ(judged(trained(key, "https://acme.example/lab"), {.builder_id = "https://acme.example/other"}),
            "provenance-builder");
}

TEST(Training, NamesTheSourceAndRunOfItsCertificate) {
  const SignedProvenance said = trained(github_signer(), kWorkflow);
  EXPECT_EQ(judged(changed(said, [](auto& it) { it.provenance.dependencies[0].digests = {{"gitCommit", "00"}}; })),
            "provenance-claims");
  EXPECT_EQ(
      judged(changed(said, [](auto& it) { it.provenance.dependencies[0].uri = "git+https://github.com/evil/x"; })),
      "provenance-claims");
  EXPECT_EQ(judged(changed(said, [](auto& it) { it.provenance.invocation_id = "x"; })), "provenance-claims");
  EXPECT_EQ(judged(trained(github_signer("https://github.com/acme/train/.github/workflows/t.yml@refs/tags/v1.0.0"),
                           "https://github.com/acme/train/.github/workflows/t.yml@refs/tags/v1.0.0")),
            "provenance-builder");
}

TEST(Training, HasNoUnknownParameters) {
  EXPECT_EQ(judged(changed(trained(github_signer(), kWorkflow),
                           [](auto& it) { set_text(it.provenance.external_parameters, "x", 1); })),
            "provenance-parameter");
  EXPECT_EQ(judged(trained(github_signer(), kWorkflow), {.inputs = {{"a", "b"}}}), "provenance-input");
}

// --- others

SignedProvenance of_a_key() {
  return said_by({"key", "EC P-256", "fingerprint", {}, "DSSE"}, parsed(kProvenanceV1, R"({
    "buildDefinition": {"buildType": "https://acme.example/build", "externalParameters": {"target": "x"},
      "resolvedDependencies": [{"uri": "git+https://git.acme.example/tinylm@refs/heads/main", "digest": {"gitCommit": "7f"}}]},
    "runDetails": {"builder": {"id": "https://acme.example/builder@v2"}}})"));
}

TEST(OtherBuilders, AreUnknown) {
  EXPECT_EQ(judged(of_a_key()), "provenance-builder-signer");
  SignedProvenance person = of_a_key();
  person.signer = github_signer();
  person.signer.identity.issuer = "https://accounts.example.com";
  EXPECT_EQ(judged(person), "provenance-builder-signer");
}

Builders configured(std::string_view signer, std::string_view more = "level: 2") {
  const std::string text = std::string("schema: weightmark.builders.v1\nbuilders:\n  - name: acme\n") +
                           "    builder-id-pattern: 'https://acme\\.example/builder@.+'\n" +
                           "    build-types: ['https://acme.example/build']\n    parameters: [target]\n    " +
                           std::string(signer) + "\n    " + std::string(more) + "\n";
  return Builders::parse(text, [](const std::string&) { return public_key_pem(generate_key_pem(KeyType::kEcP256)); })
      .value();
}

TEST(OtherBuilders, AreAcceptedByTheirIdentity) {
  const Builders builders =
      configured("identity-pattern: 'https://ci\\.acme\\.example/.+'\n    provider: https://id.acme.example");
  SignedProvenance said = of_a_key();
  said.signer = {"sigstore", "EC P-256", "00", {}, "DSSE"};
  said.signer.identity = {{{SubjectName::Kind::kUri, "https://ci.acme.example/7"}}, "https://id.acme.example", {}};
  const ProvenanceFacts facts = facts_in(said, {.source_uri = "git.acme.example/tinylm"}, builders);
  EXPECT_EQ(facts.level, 2U);
  EXPECT_EQ(facts.rule, "acme");
  EXPECT_EQ(facts.branch, "main");
  EXPECT_EQ(facts.unconfirmed, std::vector<std::string>{"source"});
  said.signer.identity.issuer = "https://id-acme.example";
  EXPECT_EQ(judged(said, {}, builders), "provenance-builder-signer");
  said.signer.identity.issuer = "https://id.acme.example";
  EXPECT_EQ(
      judged(changed(said, [](auto& it) { it.provenance.builder_id = "https://acme.example/other@v2"; }), {}, builders),
      "provenance-builder-signer");
  EXPECT_EQ(judged(changed(said, [](auto& it) { it.provenance.build_type = "https://acme.example/b"; }), {}, builders),
            "provenance-builder-signer");
  EXPECT_EQ(judged(changed(said, [](auto& it) { set_text(it.provenance.external_parameters, "x", 1); }), {}, builders),
            "provenance-parameter");
}

TEST(OtherBuilders, CanHaveTheirSourceInTheCertificate) {
  const Builders builders = configured("identity: https://ci.acme.example/7\n    provider: https://id.acme.example",
                                       "level: 3\n    source: certificate\n    said-by: platform");
  SignedProvenance said = of_a_key();
  said.signer = {"sigstore", "EC P-256", "00", {}, "DSSE"};
  said.signer.identity = {{{SubjectName::Kind::kUri, "https://ci.acme.example/7"}}, "https://id.acme.example", {}};
  EXPECT_EQ(judged(said, {}, builders), "provenance-claims");
  set_claim(said.signer, "source-repository-uri", "https://git.acme.example/tinylm");
  set_claim(said.signer, "source-repository-digest", "7f");
  EXPECT_EQ(facts_in(said, {}, builders).level, 3U);
  EXPECT_TRUE(facts_in(said, {}, builders).by_platform);
  set_claim(said.signer, "runner-environment", "self-hosted");
  EXPECT_EQ(facts_in(said, {}, builders).level, 1U);
  set_claim(said.signer, "source-repository-digest", "80");
  EXPECT_EQ(judged(said, {}, builders), "provenance-claims");
}

TEST(OtherBuilders, AreNotAcceptedByAnotherKey) {
  EXPECT_EQ(judged(of_a_key(), {}, configured("key: k.pem")), "provenance-builder-signer");
  SignedProvenance said = of_a_key();
  const Builders builders = configured("key: k.pem");
  said.signer.key_fingerprint = std::get<PublicKey>(builders.impl().configured.front().signer).fingerprint();
  EXPECT_EQ(judged(said, {}, builders), "accepted");
  EXPECT_EQ(judged(said, {.inputs = {{"a", "b"}}}, builders), "provenance-input");
}

// --- times

TEST(BuildTimes, AreNotAfterTheSignature) {
  const auto finished = [](std::string_view text) {
    SignedProvenance said = trained(github_signer(), kWorkflow);
    said.provenance.finished = parse_rfc3339(text);
    return judged(said);
  };
  EXPECT_EQ(finished("2025-01-01T00:04:59Z"), "accepted");  // clocks differ a little
  EXPECT_EQ(finished("2025-01-01T00:06:00Z"), "provenance-time");
  EXPECT_EQ(finished("2024-12-31T19:59:59Z"), "provenance-time");
  SignedProvenance said = trained(github_signer(), kWorkflow);
  said.provenance.started = parse_rfc3339("2031-01-01T00:00:00Z");
  said.provenance.finished = std::nullopt;
  EXPECT_EQ(judged(said), "provenance-time");
  said.signer.times.clear();  // then by the caller's clock
  EXPECT_EQ(judged(said), "provenance-time");
}

TEST(BuildTimes, ThatNobodyAttestsAreWorthLevel1) {
  SignedProvenance said = generated();
  said.time_proven = false;
  EXPECT_EQ(facts_in(said).level, 1U);
}

// --- dependencies

TEST(Dependencies, AreNotWhatWasBuilt) {
  const auto add = [](ResourceDescriptor one) {
    SignedProvenance said = github_attest();
    said.provenance.dependencies.push_back(std::move(one));
    return judged(said);
  };
  EXPECT_EQ(add({"self", "", {{"sha256", kSubjectDigest}}, "", "", {}}), "provenance-self");
  EXPECT_EQ(add({"other", "", {{"sha512", kSubjectDigest}}, "", "", {}}), "accepted");
}

TEST(Dependencies, HaveOneDigest) {
  const auto add = [](const std::string& uri, const std::string& algorithm) {
    SignedProvenance said = github_attest();
    said.provenance.dependencies.push_back({"a", "hf://a", {{"sha256", "00"}}, "", "", {}});
    said.provenance.dependencies.push_back({"b", uri, {{algorithm, "01"}}, "", "", {}});
    return judged(said);
  };
  EXPECT_EQ(add("hf://a", "sha256"), "provenance-contradictory");
  EXPECT_EQ(add("hf://b", "sha256"), "accepted");
  EXPECT_EQ(add("hf://a", "sha512"), "accepted");
}

TEST(Dependencies, ThatLackADigestAreCounted) {
  SignedProvenance said = github_attest();
  said.provenance.dependencies.push_back({"a", "hf://a", {}, "", "", {}});
  EXPECT_EQ(facts_in(said).dependencies, 2U);
  EXPECT_EQ(facts_in(said).undigested, 1U);
}

SignedProvenance made(const std::string& subject, std::vector<std::string> of) {
  SignedProvenance said;
  said.subjects = {{subject, {{"sha256", subject}}}};
  for (const std::string& one : of) said.provenance.dependencies.push_back({one, "", {{"sha256", one}}, "", "", {}});
  return said;
}

std::string cycles(const std::vector<SignedProvenance>& statements) {
  std::vector<const SignedProvenance*> all;
  for (const SignedProvenance& one : statements) all.push_back(&one);
  const auto status = check_cycles(all);
  return status ? "none" : std::string(code_name(status.error().code));
}

TEST(Cycles, AreRefused) {
  EXPECT_EQ(cycles({}), "none");
  EXPECT_EQ(cycles({made("a", {"b"}), made("b", {"c"}), made("a", {"c"})}), "none");
  EXPECT_EQ(cycles({made("a", {"b"}), made("b", {"a"})}), "provenance-cyclic");
  EXPECT_EQ(cycles({made("x", {"a"}), made("a", {"b", "d"}), made("b", {"c"}), made("c", {"d", "a"})}),
            "provenance-cyclic");
  std::vector<SignedProvenance> chain;
  for (int i = 0; i < 2000; ++i) chain.push_back(made(std::to_string(i), {std::to_string(i + 1)}));
  EXPECT_EQ(cycles(chain), "none");
  chain.push_back(made("2000", {"0"}));
  EXPECT_EQ(cycles(chain), "provenance-cyclic");
}

// --- the platform's own statement

std::string tied(const ProvenanceFacts& ours, const ProvenanceFacts& platform) {
  std::vector<Check> checks;
  const auto status = tie_platform(ours, platform, checks);
  return status ? "tied" : std::string(code_name(status.error().code));
}

TEST(Platform, IsTiedBySourceCommitAndRun) {
  const ProvenanceFacts ours = facts_in(trained(github_signer(), kWorkflow));
  const ProvenanceFacts platform = facts_in(github_attest());
  EXPECT_EQ(tied(ours, platform), "tied");
  EXPECT_EQ(tied(ours, ours), "provenance-platform");
  ProvenanceFacts other = platform;
  other.source.commit = "00";
  EXPECT_EQ(tied(ours, other), "provenance-platform");
  other.source = {"https://github.com/acme/other", kTag, kCommit};
  EXPECT_EQ(tied(ours, other), "provenance-platform");
  other = platform;
  other.invocation += "0";
  EXPECT_EQ(tied(ours, other), "provenance-platform");
  ProvenanceFacts nowhere = ours;
  nowhere.invocation = other.invocation = "";
  EXPECT_EQ(tied(nowhere, other), "provenance-platform");
}

TEST(Levels, AreDemanded) {
  EXPECT_TRUE(check_level(2, "why", 2));
  EXPECT_EQ(check_level(1, "why", 2).error().code, ErrorCode::kProvenanceLevel);
}

}  // namespace
}  // namespace weightmark
