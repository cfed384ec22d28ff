#include "trust/provenance_policy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/encoding.h"
#include "base/json_document.h"
#include "base/try.h"
#include "base/yaml.h"
#include "crypto/pki_testing.h"
#include "crypto/sha2.h"
#include "trust/policy.h"

namespace weightmark {
namespace {

using namespace testing;

Result<std::string> read_file(const std::string& path) {
  static const std::string pem = public_key_pem(generate_key_pem(KeyType::kEcP256));
  if (path.ends_with(".pub")) return pem;
  return std::unexpected(Error{ErrorCode::kFileNotFound, "no such file", path, {}});
}

std::string policy_text(const std::string& provenance) {
  return fmt::format(
      "schema: weightmark.policy.v1\npublishers:\n  acme:\n    models: [x]\n    signers:\n      release: {{key: "
      "a.pub}}\n"
      "    provenance:{}\n",
      provenance);
}

Result<ProvenancePolicy> parse(const std::string& provenance) {
  WM_TRY(const Policy policy, Policy::parse(policy_text(provenance), read_file));
  return policy.impl().publishers.front().provenance.value();
}

std::string message_of(const std::string& provenance) {
  const auto policy = parse(provenance);
  if (policy) return "";
  EXPECT_EQ(policy.error().code, ErrorCode::kPolicyMalformed) << provenance << describe(policy.error());
  return describe(policy.error());
}

constexpr const char* kFull = R"(
      signers:
        trainer: {key: t.pub}
        platform: {identity: w, provider: "https://p"}
      sources: ["https://github.com/acme/tinylm@refs/tags/*"]
      builders: ["https://github.com/acme/train/*/**"]
      level: 2
      signed-within-hours: 24
      dirty-source: forbidden
      network: denied
      undeclared: forbidden
      complete: required
      datasets:
        required: ["hf://datasets/acme/mix"]
        allowed: ["hf://datasets/acme/*"]
        forbidden: ["sha256:0000000000000000000000000000000000000000000000000000000000000002"]
      base-models: {allowed: ["pkg:huggingface/acme/*"]}
      synthetic-data: {forbidden: ["pkg:huggingface/other/**"]}
      licenses: {allowed: [Apache-2.0, "CC-BY-*"], forbidden: [CC-BY-NC-4.0]}
      frameworks: {forbidden: ["torch<2.6", "pkg:pypi/transformers>=4,<4.50"]}
      inputs:
        digests: required
        signatures: required
        signer-changes: forbidden
        uris: immutable
        files-read: listed
        evidence: observed
        code: pinned
        signers:
          "hf://datasets/acme/*":
            - {identity: data@acme.example, provider: "https://accounts.example"}
            - {key: "0000000000000000000000000000000000000000000000000000000000000003"}
      training:
        completed: required
        least-tokens-per-parameter: 20
        epochs: completed
        loss: settled
        compute: plausible
        evaluation: required
        evaluation-data: separate
      summary:
        verifier: https://verifier.example
        signers: {verifier: {key: v.pub}}
        policies: ["sha256:0000000000000000000000000000000000000000000000000000000000000004"]
        resource: "https://models.example/{name}"
        level: 2
        max-age: 30
)";

TEST(ProvenancePolicy, ReadsEverything) {
  const auto read = parse(kFull);
  ASSERT_TRUE(read) << describe(read.error());
  const ProvenancePolicy& it = *read;
  EXPECT_EQ(it.signers.size(), 2U);
  EXPECT_EQ(it.sources.at(0).text(), "https://github.com/acme/tinylm@refs/tags/*");
  EXPECT_EQ(it.builders.size(), 1U);
  EXPECT_EQ(it.level, 2U);
  EXPECT_EQ(it.signed_within, std::chrono::hours(24));
  EXPECT_TRUE(it.clean_source && it.network_denied && it.undeclared_forbidden);
  EXPECT_EQ(it.complete, Completeness::kRequired);
  EXPECT_EQ(it.datasets.required.size() + it.datasets.allowed.size(), 2U);
  EXPECT_EQ(it.datasets.forbidden.at(0).algorithm(), "sha256");
  EXPECT_EQ(it.base_models.allowed.size(), 1U);
  EXPECT_EQ(it.forbidden_synthesizers.size(), 1U);
  EXPECT_EQ(it.licenses.allowed, (std::vector<std::string>{"apache-2.0", "cc-by-*"}));
  EXPECT_EQ(it.licenses.forbidden, (std::vector<std::string>{"cc-by-nc-4.0"}));
  EXPECT_EQ(it.forbidden_packages.at(1).name(), "transformers");
  const InputDemands& inputs = it.inputs;
  EXPECT_TRUE(inputs.digests && inputs.signatures && inputs.signer_changes && inputs.immutable_uris);
  EXPECT_TRUE(inputs.listed_files && inputs.observed && inputs.pinned_code);
  EXPECT_EQ(inputs.signers.at(0).who.size(), 2U);
  const TrainingDemands& training = it.training;
  EXPECT_TRUE(training.completed && training.epochs && training.settled_loss && training.plausible_compute);
  EXPECT_TRUE(training.evaluation && training.separate_evaluation);
  EXPECT_EQ(training.least_tokens_per_parameter, 20);
  ASSERT_TRUE(it.summary);
  EXPECT_EQ(it.summary->verifier, "https://verifier.example");
  EXPECT_EQ(it.summary->level, 2U);
  EXPECT_EQ(it.summary->max_age, std::chrono::days(30));
  EXPECT_TRUE(it.needs_root());
}

TEST(ProvenancePolicy, DemandsNothingThatItDoesNotSay) {
  const auto read = parse(" {}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->signers.size(), 1U) << "the publisher's own";
  EXPECT_EQ(read->signers.at(0).name, "release");
  EXPECT_FALSE(read->level || read->summary || read->network_denied || read->training.completed);
  EXPECT_EQ(read->complete, Completeness::kUnsaid);
  EXPECT_FALSE(read->needs_root());
  EXPECT_EQ(parse(" {complete: assumed}").value().complete, Completeness::kAssumed);
  EXPECT_FALSE(parse(" {network: any, inputs: {digests: optional}}").value().network_denied);
}

TEST(ProvenancePolicy, IsTheSameInJson) {
  const std::string json = write_json(parse_yaml(policy_text(kFull), ErrorCode::kPolicySyntax).value());
  const auto policy = Policy::parse(json, read_file);
  ASSERT_TRUE(policy) << describe(policy.error());
  EXPECT_TRUE(policy->impl().publishers.front().provenance->inputs.pinned_code);
}

TEST(ProvenancePolicy, RefusesWhatIsMalformed) {
  const std::pair<std::string, std::string> cases[] = {
      {" x", "expected an object"},
      {" []", "array"},
      {" {extra: x}", "unknown member \"extra\""},
      {" {signers: {}}", "0 entries"},
      {" {sources: []}", "is empty"},
      {" {sources: x}", "array"},
      {" {level: 4}", "not from 0 to 3"},
      {" {level: '2'}", "integer"},
      {" {signed-within-hours: 0}", "not from 1 to"},
      {" {dirty-source: refused}", "neither forbidden nor allowed"},
      {" {network: none}", "neither denied nor any"},
      {" {undeclared: refused}", "neither forbidden nor allowed"},
      {" {complete: yes-please}", "neither required nor assumed"},
      {" {datasets: {denied: [x]}}", "unknown member \"denied\""},
      {" {base-models: [x]}", "expected an object"},
      {" {synthetic-data: {allowed: [x]}}", "unknown member"},
      {" {licenses: {required: [x]}}", "unknown member"},
      {" {frameworks: {allowed: [x]}}", "unknown member"},
      {" {frameworks: {forbidden: ['torch<new']}}", "no version by PEP 440"},
      {" {inputs: {digest: required}}", "unknown member \"digest\""},
      {" {inputs: {digests: forbidden}}", "neither required nor optional"},
      {" {inputs: {signers: {x: []}}}", "is empty"},
      {" {inputs: {signers: {x: [{identity: a}]}}}", "provider: missing"},
      {" {inputs: {signers: {x: [{key: a.pub}]}}}", "not a fingerprint"},
      {" {inputs: {signers: {x: [{identity: a, provider: p, since: t}]}}}", "unknown member \"since\""},
      {" {training: {least-tokens-per-parameter: 0}}", "not from 1 to"},
      {" {training: {steps: x}}", "unknown member"},
      {" {training: {loss: falling}}", "neither settled nor any"},
  };
  for (const auto& [text, message] : cases)
    EXPECT_NE(message_of(text).find(message), std::string::npos) << text << ": " << message_of(text);
}

// A summary is believed in place of everything else, so that nothing of it can be left out.
TEST(ProvenancePolicy, RefusesSummariesThatAreOnlyHalfNamed) {
  const std::string digest = "sha256:" + std::string(64, '4');
  const std::map<std::string, std::string> members = {{"verifier", "https://v"},
                                                      {"signers", "{v: {key: v.pub}}"},
                                                      {"policies", "['" + digest + "']"},
                                                      {"resource", "r"},
                                                      {"level", "0"},
                                                      {"max-age", "1"}};
  const auto with = [&](const std::string& changed, const std::string& value) {
    std::string text = " {summary: {";
    for (const auto& [key, member] : members) {
      const std::string& said = key == changed ? value : member;
      if (!said.empty()) text += fmt::format("{}{}: {}", text.ends_with('{') ? "" : ", ", key, said);
    }
    return text + "}}";
  };
  EXPECT_EQ(message_of(with("", "")), "");
  for (const auto& [key, member] : members)
    EXPECT_NE(message_of(with(key, "")).find(key + ": missing"), std::string::npos) << key;
  EXPECT_NE(message_of(with("policies", "[policy.yaml]")).find("policies are not"), std::string::npos);
  EXPECT_NE(message_of(with("max-age", "-1")).find("not from 0"), std::string::npos);
  EXPECT_NE(message_of(with("level", "4")).find("not from 0"), std::string::npos);
}

// --- the policy's own digest

std::string sha256_of(std::string_view text) { return to_hex(sha2(Sha2::k256, as_bytes(text))); }

TEST(PolicyDigest, IsOfTheBytesAndOfTheFilesThatItNames) {
  const std::string text = policy_text(" {}");
  const auto policy = Policy::parse(text, read_file);
  ASSERT_TRUE(policy);
  const Policy::Impl& it = policy->impl();
  EXPECT_EQ(it.sha256, sha256_of(text));
  const std::string file = sha256_of(read_file("a.pub").value()) + "  a.pub";
  EXPECT_EQ(it.policy_v1, sha256_of(it.sha256 + '\n' + file + std::string(1, '\0')));
  const auto other = Policy::parse(text, [](const std::string&) -> Result<std::string> {
    return public_key_pem(generate_key_pem(KeyType::kEcP256));
  });
  ASSERT_TRUE(other);
  EXPECT_EQ(other->impl().sha256, it.sha256);
  EXPECT_NE(other->impl().policy_v1, it.policy_v1);
}

// --- patterns

TEST(ResourcePattern, IsADigestOrAPatternOfUris) {
  const std::string hex(64, 'a');
  EXPECT_EQ(ResourcePattern::parse("sha256:" + hex).algorithm(), "sha256");
  EXPECT_EQ(ResourcePattern::parse("gitCommit:" + std::string(40, 'b')).hex(), std::string(40, 'b'));
  const std::vector<std::string> patterns = {"hf://datasets/a", "pkg:pypi/torch", "sha256:abc", "a b:" + hex,
                                             "sha256:" + std::string(64, 'A')};
  for (const std::string& text : patterns) EXPECT_EQ(ResourcePattern::parse(text).algorithm(), "") << text;
  EXPECT_FALSE(ResourcePattern::parse("sha256:" + hex).matches_uri("sha256:" + hex));
}

struct MatchCase {
  std::string pattern;
  std::string uri;
  bool matches;
};

TEST(ResourcePattern, MatchesVersionsOnlyWhereItNamesOne) {
  const MatchCase cases[] = {
      {"hf://datasets/acme/mix", "hf://datasets/acme/mix", true},
      {"hf://datasets/acme/mix", "hf://datasets/acme/mix@refs/tags/1", true},
      {"hf://datasets/acme/mix", "hf://datasets/acme/mix2", false},
      {"hf://datasets/acme/*", "hf://datasets/acme/mix@abc", true},
      {"hf://datasets/acme/*", "hf://datasets/acme/a/b", false},
      {"hf://datasets/acme/**", "hf://datasets/acme/a/b@abc", true},
      {"hf://datasets/acme/mix@refs/tags/*", "hf://datasets/acme/mix@refs/tags/1", true},
      {"hf://datasets/acme/mix@refs/tags/*", "hf://datasets/acme/mix@refs/heads/1", false},
      {"hf://datasets/acme/mix@refs/tags/*", "hf://datasets/acme/mix", false},
      {"hf://datasets/acme/mix@**", "hf://datasets/acme/mix@refs/tags/1", true},
      {"pkg:pypi/torch", "pkg:pypi/torch@2.8.0?x=y", true},
      {"pkg:pypi/torch@2.8.0", "pkg:pypi/torch@2.8.0?x=y", true},
      {"pkg:pypi/torc?", "pkg:pypi/torch@1", true},
      {"git+ssh://git@host/a", "git+ssh://git@host/a@abc", true},
      {"git+ssh://git@host/a", "git+ssh://git@host/b@abc", false},
      {"*", "a/b", false},
      {"**", "a/b", true},
      {"a*b*c", "aXbXbYc", true},
      {"a*b*c", "aXbX", false},
      {"**x**", "aaaxaaa/b", true},
      {"x", "", false},
  };
  for (const MatchCase& test : cases)
    EXPECT_EQ(ResourcePattern::parse(test.pattern).matches_uri(test.uri), test.matches)
        << test.pattern << " " << test.uri;
}

TEST(Uris, AreSplitAtTheirVersion) {
  EXPECT_EQ(unversioned("pkg:oci/pytorch@sha256:ab?tag=x"), "pkg:oci/pytorch");
  EXPECT_EQ(version_of("pkg:oci/pytorch@sha256:ab?tag=x"), "sha256:ab");
  EXPECT_EQ(version_of("https://u@host/a"), "");
  EXPECT_EQ(version_of("https://host/a#b@c"), "");
}

}  // namespace
}  // namespace weightmark
