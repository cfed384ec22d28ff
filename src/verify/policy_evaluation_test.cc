// Deciding by a policy: single faults, each by its code.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/encoding.h"
#include "base/json_document.h"
#include "hash/fsverity.h"
#include "verify/bundle_testing.h"
#include "verify/sigstore_testing.h"
#include "verify/verifier.h"

namespace weightmark {
namespace {

using ::testing::HasSubstr;
using namespace testing;

const Laboratory& lab() {
  static const Laboratory laboratory;
  return laboratory;
}

const TestAuthority& authority() {
  static const TestAuthority root = TestAuthority::root();
  return root;
}

Result<std::string> read_file(const std::string& path) {
  static const std::map<std::string, std::string> files = {
      {"a.pub", a_key().public_key().pem()},
      {"b.pub", another_key().public_key().pem()},
      {"c.pub", a_key(KeyType::kEcP384).public_key().pem()},
      {"ca.pem", certificate_pem(authority().certificate())},
      {"root.json", root_json(lab().root())},
  };
  return files.at(path);
}

constexpr const char* kAlice = "{identity: alice@example.com, provider: 'https://accounts.example.com'}";

// Rules are what a test's policy says beside its one publisher's patterns, model and acme/*.
struct Rules {
  std::vector<std::string> signers;  // s0, s1, …
  unsigned threshold = 1;
  std::string more = {};
};

Policy policy_of(const Rules& rules) {
  std::string text = fmt::format(
      "schema: weightmark.policy.v1\ntrusted-root: root.json\npublishers:\n  acme:\n    models: [model, acme/*]\n"
      "    threshold: {}\n    signers:\n",
      rules.threshold);
  for (std::size_t i = 0; i < rules.signers.size(); ++i) text += fmt::format("      s{}: {}\n", i, rules.signers[i]);
  auto policy = Policy::parse(text + rules.more, read_file);
  EXPECT_TRUE(policy) << describe(policy.error());
  return *policy;
}

struct Decided {
  std::string result;  // the signers, or the code
  std::string message;
  std::vector<std::string> warnings;
  std::optional<PolicyModel> model;
};

Decided decide(const PolicyTrust& trust, const std::vector<Bundle>& bundles) {
  std::vector<FoundSignature> signatures;
  for (const Bundle& bundle : bundles) signatures.push_back({std::to_string(signatures.size()) + ".sig", bundle});
  Decided decided;
  std::vector<Check> checks;
  auto model = Verifier::verify_policy(signatures, trust, kTestNow, checks, decided.warnings);
  const bool failed = std::ranges::any_of(checks, [](const Check& check) { return check.error.has_value(); });
  EXPECT_EQ(failed, !model);
  if (!model) {
    decided.result = code_name(model.error().code);
    decided.message = describe(model.error());
    return decided;
  }
  std::vector<std::string> names;
  for (const PrincipalReport& one : model->report.signers) names.push_back(one.name);
  std::ranges::sort(names);
  decided.result = fmt::format("{}", fmt::join(names, " "));
  decided.model = *std::move(model);
  return decided;
}

Decided decide(const Rules& rules, const std::vector<Bundle>& bundles) {
  return decide({policy_of(rules), std::nullopt}, bundles);
}

Manifest files(const std::string& text = "one", const std::string& name = "model") {
  return a_manifest({{"a", text}}, name);
}

Manifest with_tree(Manifest manifest, std::string_view text) {
  TreeHasher tree;
  tree.update(as_bytes(text));
  manifest.files[0].tree = tree.finish();
  complete_manifest(manifest);
  return manifest;
}

Bundle by_a(const Manifest& manifest = files()) { return key_bundle(manifest); }
Bundle by_b(const Manifest& manifest = files()) { return key_bundle(manifest, another_key()); }
Bundle by_c(const Manifest& manifest = files()) { return key_bundle(manifest, a_key(KeyType::kEcP384)); }

Bundle by_alice(Recipe recipe = {}, const Manifest& manifest = files()) {
  const std::string payload = payload_of(manifest);
  recipe.payload = Bytes(payload.begin(), payload.end());
  return lab().make(recipe);
}

// --- who

TEST(PolicyEvaluation, AcceptsEachKindOfSigner) {
  EXPECT_EQ(decide({{"{key: a.pub}"}}, {by_a()}).result, "s0");
  EXPECT_EQ(decide({{kAlice}}, {by_alice()}).result, "s0");
  EXPECT_EQ(decide({{"{identity-pattern: '.*@example\\.com', provider: 'https://accounts.example.com'}"}}, {by_alice()})
                .result,
            "s0");
  const auto issued = authority().issue();
  const Bundle certified = certificate_bundle(files(), *load_key(issued.private_key_pem), {issued.certificate});
  EXPECT_EQ(decide({{"{certificate-authorities: [ca.pem]}"}}, {certified}).result, "s0");
  EXPECT_EQ(decide({{"{certificate-authorities: [ca.pem], subject: CN=Test Signer}"}}, {certified}).result, "s0");
  EXPECT_EQ(decide({{"{certificate-authorities: [ca.pem], subject: CN=Somebody}"}}, {certified}).result,
            "policy-subject");
}

TEST(PolicyEvaluation, TellsWhyASingleSignatureDoesNotCount) {
  EXPECT_EQ(decide({{"{key: a.pub}"}}, {by_b()}).result, "key-mismatch");
  EXPECT_EQ(decide({{"{key: a.pub}", "{key: c.pub}"}}, {by_b()}).result, "key-mismatch");
  EXPECT_EQ(decide({{kAlice}}, {by_b()}).result, "method-mismatch");
  EXPECT_EQ(decide({{"{identity: bob@example.com, provider: 'https://accounts.example.com'}"}}, {by_alice()}).result,
            "identity-mismatch");
  EXPECT_EQ(decide({{"{identity: alice@example.com, provider: 'https://other.example'}"}}, {by_alice()}).result,
            "identity-issuer");
  Bundle broken = by_a();
  broken.envelope.payload.back() ^= 1U;
  EXPECT_EQ(decide({{"{key: a.pub}", kAlice}}, {broken}).result, "signature-invalid");
  EXPECT_EQ(decide({{"{key: a.pub}"}}, {}).result, "signature-not-found");
}

TEST(PolicyEvaluation, NeedsATrustedRoot) {
  const std::string text = fmt::format(
      "schema: weightmark.policy.v1\npublishers: {{acme: {{models: [model], signers: {{s0: {}}}}}}}", kAlice);
  const Policy policy = Policy::parse(text, read_file).value();
  EXPECT_EQ(decide({policy, std::nullopt}, {by_alice()}).result, "policy-trusted-root");
  EXPECT_EQ(decide({policy, lab().trust().root}, {by_alice()}).result, "s0");
}

TEST(PolicyEvaluation, CapsTheAgeOfTheTrustedRoot) {
  auto with_cap = [](int days) {
    return Policy::parse(fmt::format("schema: weightmark.policy.v1\ntrusted-root-max-age: {}\npublishers: {{acme: "
                                     "{{models: [model], signers: {{s0: {}}}}}}}",
                                     days, kAlice),
                         read_file)
        .value();
  };
  auto until = [](Time time) { return lab().trust().root.with_origin({"a repository", time}); };
  const Time now = kTestNow;
  EXPECT_EQ(decide({with_cap(0), until(now)}, {by_alice()}).result, "s0");
  EXPECT_EQ(decide({with_cap(0), until(now - std::chrono::seconds(1))}, {by_alice()}).result, "policy-root-age");
  EXPECT_EQ(decide({with_cap(30), until(now - std::chrono::days(30))}, {by_alice()}).result, "s0");
  EXPECT_EQ(decide({with_cap(30), until(now - std::chrono::days(31))}, {by_alice()}).result, "policy-root-age");
  EXPECT_EQ(decide({with_cap(0), lab().trust().root}, {by_alice()}).result, "s0") << "a file of the user's own";
}

// --- which

TEST(PolicyEvaluation, FindsThePublisherByTheSignedName) {
  const Rules rules = {{"{key: a.pub}"}};
  EXPECT_EQ(decide(rules, {by_a(files("one", "acme/x"))}).result, "s0");
  EXPECT_EQ(decide(rules, {by_a(files("one", "acme/x/y"))}).result, "policy-name");
  EXPECT_EQ(decide(rules, {by_a(files("one", "other"))}).result, "policy-name");
}

TEST(PolicyEvaluation, KeepsPublishersApart) {
  const Policy policy = Policy::parse(
                            "schema: weightmark.policy.v1\npublishers:\n"
                            "  a: {models: ['a/*', 'both/*'], signers: {s0: {key: a.pub}}}\n"
                            "  b: {models: ['b/*', 'both/*'], signers: {s1: {key: b.pub}, s2: {key: a.pub}}}\n",
                            read_file)
                            .value();
  auto result = [&](const Bundle& bundle) { return decide({policy, std::nullopt}, {bundle}).result; };
  EXPECT_EQ(result(by_a(files("one", "a/x"))), "s0");
  EXPECT_EQ(result(by_a(files("one", "b/x"))), "s2");
  EXPECT_EQ(result(by_b(files("one", "b/x"))), "s1");
  EXPECT_EQ(result(by_b(files("one", "a/x"))), "policy-name");
  EXPECT_EQ(result(by_a(files("one", "both/x"))), "policy-name");
}

// --- how many

TEST(PolicyEvaluation, CountsDistinctSigners) {
  const std::vector<std::string> three = {"{key: a.pub}", "{key: b.pub}", "{key: c.pub}"};
  EXPECT_EQ(decide({three, 2}, {by_a(), by_b()}).result, "s0 s1");
  EXPECT_EQ(decide({three, 2}, {by_a(), by_b(), by_c()}).result, "s0 s1 s2");
  EXPECT_EQ(decide({three, 2}, {by_a()}).result, "policy-threshold");
  EXPECT_EQ(decide({three, 2}, {by_a(), by_a()}).result, "policy-threshold");
  EXPECT_EQ(decide({three, 3}, {by_a(), by_b()}).result, "policy-threshold");
  EXPECT_EQ(decide({{"{key: a.pub}", "{key: a.pub}"}, 2}, {by_a(), by_a()}).result, "policy-threshold");
  EXPECT_EQ(decide({{kAlice, kAlice}, 2}, {by_alice(), by_alice()}).result, "policy-threshold");
  EXPECT_EQ(decide({{kAlice, "{key: a.pub}"}, 2}, {by_alice(), by_a()}).result, "s0 s1");
}

TEST(PolicyEvaluation, PassesOverForeignAndBrokenSignatures) {
  Bundle broken = by_a();
  broken.envelope.signature.back() ^= 1U;
  const Decided decided = decide({{"{key: a.pub}"}}, {broken, by_b(files("other")), by_a()});
  EXPECT_EQ(decided.result, "s0");
  ASSERT_EQ(decided.warnings.size(), 2U);
  EXPECT_THAT(decided.warnings[0], HasSubstr("0.sig does not count"));
  EXPECT_EQ(decided.model->report.signers.at(0).signature, "2.sig");
  const Decided refused = decide({{"{key: a.pub}", "{key: c.pub}"}, 2}, {by_a(), by_b()});
  EXPECT_EQ(refused.result, "policy-threshold");
  EXPECT_THAT(refused.message, HasSubstr("signed by 1 of the 2 signers that must have: s0; 1.sig does not count"));
}

TEST(PolicyEvaluation, DemandsTheSameFiles) {
  const Rules two = {{"{key: a.pub}", "{key: b.pub}"}, 2};
  EXPECT_EQ(decide(two, {by_a(), by_b(files("two"))}).result, "policy-disagree");
  EXPECT_EQ(decide(two, {by_a(), by_b(files("one", "acme/x"))}).result, "policy-disagree");
  const Rules any = {{"{key: a.pub}", "{key: b.pub}"}};
  EXPECT_EQ(decide(any, {by_a(), by_b(files("two"))}).result, "policy-disagree");
  const Rules two_of_three = {{"{key: a.pub}", "{key: b.pub}", "{key: c.pub}"}, 2};
  EXPECT_EQ(decide(two_of_three, {by_a(files("old")), by_b(), by_c()}).result, "s1 s2");
}

TEST(PolicyEvaluation, DemandsTheSameTreesWhereThereAre) {
  const Rules two = {{"{key: a.pub}", "{key: b.pub}"}, 2};
  const Manifest tree = with_tree(files(), "one");
  const Decided same = decide(two, {by_a(tree), by_b(tree)});
  EXPECT_EQ(same.result, "s0 s1");
  EXPECT_FALSE(same.model->model->bound_by_digests);
  const Decided one_has = decide(two, {by_a(), by_b(tree)});
  EXPECT_EQ(one_has.result, "s0 s1");
  EXPECT_TRUE(one_has.model->model->bound_by_digests);
  EXPECT_TRUE(one_has.model->model->manifest.files[0].tree);
  EXPECT_EQ(decide(two, {by_a(tree), by_b(with_tree(files(), "two"))}).result, "policy-disagree");
}

// A single signer cannot hide files by ignoring them.
TEST(PolicyEvaluation, IgnoresWhatEnoughSignersIgnore) {
  auto ignoring = [](std::vector<std::string> paths) {
    Manifest manifest = files();
    manifest.serialization.ignore_paths = std::move(paths);
    manifest.serialization.allow_symlinks = manifest.serialization.ignore_paths->size() > 1;
    return manifest;
  };
  auto serialization = [&](unsigned threshold) {
    const Rules rules = {{"{key: a.pub}", "{key: b.pub}"}, threshold};
    return decide(rules, {by_a(ignoring({"x", "y"})), by_b(ignoring({"y"}))}).model->model->manifest.serialization;
  };
  EXPECT_EQ(serialization(2).ignore_paths, (std::vector<std::string>{"y"}));
  EXPECT_FALSE(serialization(2).allow_symlinks);
  EXPECT_EQ(serialization(1).ignore_paths, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(serialization(1).allow_symlinks);
  EXPECT_FALSE(decide({{"{key: a.pub}"}}, {by_a()}).model->model->manifest.serialization.ignore_paths);
}

// --- claims, logs, times

TEST(PolicyEvaluation, ComparesClaims) {
  auto alice = [](const std::string& claims) {
    return std::string("{identity: alice@example.com, provider: 'https://accounts.example.com', claims: {") + claims +
           "}}";
  };
  EXPECT_EQ(decide({{alice("source-repository-uri: 'https://example.com/acme/model'")}}, {by_alice()}).result, "s0");
  EXPECT_EQ(decide({{alice("source-repository-uri: 'https://example.com/acme'")}}, {by_alice()}).result,
            "policy-claim");
  EXPECT_EQ(decide({{alice("source-repository-ref: x")}}, {by_alice()}).result, "policy-claim");
}

TEST(PolicyEvaluation, DemandsLogsAndTimes) {
  auto alice = [](const std::string& rest) {
    return std::string("{identity: alice@example.com, provider: 'https://accounts.example.com', ") + rest + "}";
  };
  EXPECT_EQ(decide({{alice("logs: 2")}}, {by_alice()}).result, "log-missing");
  EXPECT_EQ(decide({{alice("timestamps: 2")}}, {by_alice()}).result, "time-missing");
  EXPECT_EQ(decide({{alice("certificate-logs: 2")}}, {by_alice()}).result, "sct-missing");
  Recipe bare;
  bare.logs = {};
  bare.timestamps = {{}};
  bare.scts = {};
  EXPECT_EQ(decide({{alice("logs: 0, certificate-logs: 0")}}, {by_alice(bare)}).result, "s0");
  EXPECT_EQ(decide({{kAlice}}, {by_alice(bare)}).result, "log-missing");
}

// logged_key_bundle is signed by a key, which the log names in place of a certificate.
Bundle logged_key_bundle(PublicKey& key, Time time = kTestNow) {
  Recipe recipe;
  recipe.time = time;
  recipe.logs = {{.time = time}};
  recipe.logs[0].change_body = [&](std::string& body) {
    const Json content = *parse_json(body)->find("spec")->find("signature")->find("publicKey")->find("content");
    const std::string& pem64 = *content.as<std::string>();
    const Bytes pem = from_base64(pem64).value();
    const std::string text(pem.begin(), pem.end());
    key = Certificate::list_from_pem(text)->front().public_key().value();
    body.replace(body.find(pem64), pem64.size(), to_base64(as_bytes(key.pem())));
  };
  Bundle bundle = by_alice(recipe);
  bundle.material = PublicKeyMaterial{key.fingerprint(), {}};
  return bundle;
}

Decided decide_key(const PublicKey& key, const Bundle& bundle, const std::string& demands, const std::string& more) {
  const std::string text = fmt::format(
      "schema: weightmark.policy.v1\ntrusted-root: root.json\n"
      "publishers: {{acme: {{models: [model], signers: {{s0: {{key: k{}}}}}}}}}\n{}",
      demands, more);
  auto files_of = [&](const std::string& path) {
    return path == "k" ? Result<std::string>(key.pem()) : read_file(path);
  };
  return decide({Policy::parse(text, files_of).value(), std::nullopt}, {bundle});
}

TEST(PolicyEvaluation, FindsKeysInTheLog) {
  PublicKey key = a_key().public_key();
  const Bundle logged = logged_key_bundle(key);
  const Decided decided = decide_key(key, logged, ", logs: 1", "");
  EXPECT_EQ(decided.result, "s0") << decided.message;
  EXPECT_EQ(decided.model->report.signers[0].signer.logs.size(), 1U);
  EXPECT_EQ(decided.model->report.signers[0].signer.times.size(), 1U);
  EXPECT_EQ(decide_key(key, logged, ", logs: 2", "").result, "log-missing");
  EXPECT_EQ(decide_key(key, logged, ", timestamps: 2", "").result, "time-missing");
  EXPECT_EQ(decide({{"{key: a.pub, logs: 1}"}}, {by_a()}).result, "log-missing");
  EXPECT_EQ(decide({{"{key: a.pub, timestamps: 1}"}}, {by_a()}).result, "time-missing");
}

// --- revoked and denied

std::string revoke(const std::string& who) { return "revoked: [{" + who + "}]\n"; }

TEST(PolicyEvaluation, DoesNotCountTheRevoked) {
  const std::string alice = "identity: alice@example.com, provider: 'https://accounts.example.com'";
  EXPECT_EQ(decide({{kAlice}, 1, revoke(alice)}, {by_alice()}).result, "policy-revoked");
  EXPECT_EQ(decide({{kAlice}, 1, revoke(alice + ", since: 2025-01-01T00:00:00Z")}, {by_alice()}).result,
            "policy-revoked");
  EXPECT_EQ(decide({{kAlice}, 1, revoke(alice + ", since: 2025-01-01T00:00:00.5Z")}, {by_alice()}).result,
            "policy-revoked");
  EXPECT_EQ(decide({{kAlice}, 1, revoke(alice + ", since: 2025-01-01T00:00:01Z")}, {by_alice()}).result, "s0");
  EXPECT_EQ(
      decide({{kAlice}, 1, revoke("identity: alice@example.com, provider: 'https://other'")}, {by_alice()}).result,
      "s0");
  EXPECT_EQ(
      decide({{kAlice}, 1, revoke("identity-pattern: 'a.*', provider: 'https://accounts.example.com'")}, {by_alice()})
          .result,
      "policy-revoked");
  const Decided other = decide({{kAlice, "{key: a.pub}"}, 1, revoke(alice)}, {by_alice(), by_a()});
  EXPECT_EQ(other.result, "s1");
}

TEST(PolicyEvaluation, BelievesNoKeyThatItIsFromBeforeACompromise) {
  const std::string fingerprint = "key: '" + a_key().public_key().fingerprint() + "'";
  EXPECT_EQ(decide({{"{key: a.pub}"}, 1, revoke(fingerprint)}, {by_a()}).result, "policy-revoked");
  EXPECT_EQ(decide({{"{key: a.pub}"}, 1, revoke(fingerprint + ", since: 2100-01-01T00:00:00Z")}, {by_a()}).result,
            "policy-revoked");
  EXPECT_EQ(decide({{"{key: b.pub}"}, 1, revoke(fingerprint)}, {by_b()}).result, "s0");
  PublicKey key = a_key().public_key();
  const Bundle logged = logged_key_bundle(key);
  const std::string revoked = "revoked: [{key: '" + key.fingerprint() + "', since: ";
  EXPECT_EQ(decide_key(key, logged, ", logs: 1", revoked + "2025-01-01T00:00:01Z}]").result, "s0");
  EXPECT_EQ(decide_key(key, logged, ", logs: 1", revoked + "2025-01-01T00:00:00Z}]").result, "policy-revoked");
}

TEST(PolicyEvaluation, RefusesDeniedDigests) {
  const Manifest manifest = with_tree(files(), "one");
  auto result = [&](const std::string& digest) {
    return decide({{"{key: a.pub}"}, 1, "deny: ['" + digest + "']\n"}, {by_a(manifest)});
  };
  EXPECT_EQ(result("sha256:" + manifest.root.hex()).result, "policy-denied");
  EXPECT_EQ(result("sha256:" + manifest.files[0].digest->hex()).result, "policy-denied");
  EXPECT_EQ(result("weightmarkManifestV1:" + manifest.manifest_v1->hex()).result, "policy-denied");
  EXPECT_EQ(result("weightmarkManifestV1:" + manifest.root.hex()).result, "s0");
  EXPECT_FALSE(result("weightmarkManifestV1:" + manifest.root.hex()).model->model->bound_by_digests);
  EXPECT_TRUE(result("sha256:" + sha256("x").hex()).model->model->bound_by_digests);
}

TEST(PolicyEvaluation, DemandsTrees) {
  const Rules rules = {{"{key: a.pub}"}, 1, "trees: required\n"};
  EXPECT_EQ(decide(rules, {by_a()}).result, "policy-tree-missing");
  EXPECT_EQ(decide(rules, {by_a(with_tree(files(), "one"))}).result, "s0");
}

}  // namespace
}  // namespace weightmark
