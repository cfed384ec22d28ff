#include "trust/policy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/file.h"
#include "base/json_document.h"
#include "base/yaml.h"
#include "crypto/pki_testing.h"
#include "trust/builtin.h"

namespace weightmark {
namespace {

using namespace testing;

const std::string& key_pem() {
  static const std::string pem = public_key_pem(generate_key_pem(KeyType::kEcP256));
  return pem;
}

// read_file has what the policies of these tests name.
Result<std::string> read_file(const std::string& path) {
  static const std::map<std::string, std::string> files = {
      {"keys/a.pub", key_pem()},
      {"ca.pem", certificate_pem(TestAuthority::root().certificate())},
      {"root.json", std::string(builtin_repository(SigstoreInstance::kPublicGood).builtin.at(kTrustedRoot))},
      {"broken", "nothing"},
  };
  const auto found = files.find(path);
  if (found != files.end()) return found->second;
  return std::unexpected(Error{ErrorCode::kFileNotFound, "no such file", path, {}});
}

std::string code_of(std::string_view text) {
  auto policy = Policy::parse(text, read_file);
  return policy ? "" : std::string(code_name(policy.error().code));
}

std::string message_of(std::string_view text) {
  auto policy = Policy::parse(text, read_file);
  return policy ? "" : describe(policy.error());
}

constexpr const char* kFull = R"(# everything
schema: weightmark.policy.v1
trusted-root: root.json
publishers:
  acme:
    models: ["acme/*", base]
    threshold: 2
    trusted-root: root.json
    signers:
      release:
        identity: https://github.com/acme/m/.github/workflows/release.yml@refs/tags/v1
        provider: https://token.actions.githubusercontent.com
        claims: {source-repository-uri: "https://github.com/acme/m"}
        logs: 2
        timestamps: 2
        certificate-logs: 0
      auditor: {identity-pattern: '.*@audit\.example', provider: "https://accounts.example/?a"}
      vault: {key: keys/a.pub, logs: 1}
      hsm: {certificate-authorities: [ca.pem], subject: CN=Test Signer}
revoked:
  - {identity: eve@example.com, provider: "https://accounts.example", since: 2025-03-01T00:00:00Z}
  - {key: "0000000000000000000000000000000000000000000000000000000000000001"}
deny:
  - sha256:0000000000000000000000000000000000000000000000000000000000000002
  - weightmarkManifestV1:0000000000000000000000000000000000000000000000000000000000000003
trees: required
uncovered-files: forbidden
unsigned: allowed
content: {code: forbidden, unread: allowed, escapes: forbidden}
)";

TEST(Policy, ReadsEverything) {
  auto policy = Policy::parse(kFull, read_file);
  ASSERT_TRUE(policy) << describe(policy.error());
  const Policy::Impl& found = policy->impl();
  ASSERT_EQ(found.publishers.size(), 1U);
  const PolicyPublisher& acme = found.publishers.front();
  EXPECT_EQ(acme.name, "acme");
  EXPECT_EQ(acme.models, (std::vector<std::string>{"acme/*", "base"}));
  EXPECT_EQ(acme.threshold, 2U);
  EXPECT_TRUE(acme.root && found.root && found.trees_required && found.uncovered_forbidden && found.unsigned_allowed);
  ASSERT_EQ(acme.signers.size(), 4U);  // sorted by name
  const auto& auditor = std::get<ExpectedIdentity>(acme.signers[0].who);
  EXPECT_TRUE(auditor.patterns);
  EXPECT_EQ(auditor.provider, R"(https://accounts\.example/\?a)");
  EXPECT_EQ(acme.signers[0].logs, 1U);
  EXPECT_EQ(acme.signers[0].times, 1U);
  EXPECT_EQ(acme.signers[0].scts, 1U);
  EXPECT_EQ(std::get<PolicyAuthority>(acme.signers[1].who).subject, "CN=Test Signer");
  EXPECT_FALSE(acme.signers[1].needs_root());
  EXPECT_EQ(acme.signers[2].claims, (std::vector<Claim>{{"source-repository-uri", "https://github.com/acme/m"}}));
  EXPECT_EQ(acme.signers[2].logs, 2U);
  EXPECT_EQ(acme.signers[2].times, 2U);
  EXPECT_EQ(acme.signers[2].scts, 0U);
  EXPECT_EQ(std::get<PublicKey>(acme.signers[3].who), PublicKey::from_pem(key_pem()).value());
  EXPECT_EQ(acme.signers[3].logs, 1U);
  EXPECT_EQ(found.forbidden_content, (std::set{ContentKind::kCode, ContentKind::kEscapes}));
  EXPECT_TRUE(found.revoked.at(0).since);
  EXPECT_FALSE(found.revoked.at(1).since);
  EXPECT_EQ(found.denied.at(1).text(),
            "weightmarkManifestV1:0000000000000000000000000000000000000000000000000000000000000003");
}

TEST(Policy, IsTheSameInJson) {
  const std::string json = write_json(parse_yaml(kFull, ErrorCode::kPolicySyntax).value());
  EXPECT_EQ(code_of(json), "");
  EXPECT_EQ(code_of("\n  " + json), "");
  EXPECT_EQ(code_of(json + "x"), "policy-syntax");
  EXPECT_EQ(code_of(R"({"schema": "weightmark.policy.v1", "schema": "weightmark.policy.v1"})"), "policy-syntax");
}

// minimal is a policy with one signer and whatever `more` says.
std::string minimal(const std::string& signer = "{key: keys/a.pub}", const std::string& publisher = "",
                    const std::string& more = "") {
  return fmt::format(
      "schema: weightmark.policy.v1\npublishers:\n  a:\n    models: [x]\n    signers:\n      s: {}\n{}{}", signer,
      publisher, more);
}

TEST(Policy, NeedsATrustedRootForSigstoreAndLogs) {
  auto needs = [](const std::string& text) { return Policy::parse(text, read_file).value().needs_trusted_root(); };
  EXPECT_FALSE(needs(minimal()));
  EXPECT_FALSE(needs(minimal("{certificate-authorities: [ca.pem]}")));
  EXPECT_TRUE(needs(minimal("{key: keys/a.pub, logs: 1}")));
  EXPECT_TRUE(needs(minimal("{key: keys/a.pub, timestamps: 1}")));
  EXPECT_TRUE(needs(minimal("{identity: i, provider: p}")));
  EXPECT_FALSE(needs(minimal("{identity: i, provider: p}", "    trusted-root: root.json\n")));
  EXPECT_FALSE(needs(minimal("{identity: i, provider: p}", "", "trusted-root: root.json\n")));
}

struct Case {
  std::string text;
  std::string message;
};

TEST(Policy, RefusesWhatIsMalformed) {
  const std::string no_since = "revoked:\n- {key: '" + std::string(64, 'a') + "', since: yesterday}\n";
  const Case cases[] = {
      {"a: b", "schema: missing"},
      {"schema: weightmark.policy.v2", "is not weightmark.policy.v1"},
      {"schema: weightmark.policy.v1", "publishers: missing"},
      {"schema: weightmark.policy.v1\npublishers: {}", "0 entries"},
      {R"({"schema": "weightmark.policy.v1", "publishers": null})", "expected an object, found null"},
      {minimal("{key: keys/a.pub}", "", "extra: x\n"), "unknown member \"extra\""},
      {minimal("{key: keys/a.pub}", "    extra: x\n"), "publishers.a: unknown member \"extra\""},
      {minimal("{key: keys/a.pub, provider: x}"), "unknown member \"provider\""},
      {minimal("{certificate-authorities: [ca.pem], logs: 1}"), "unknown member \"logs\""},
      {minimal("{certificate-authorities: []}"), "is empty"},
      {minimal("{identity: i}"), "provider: missing"},
      {minimal("{identity: '', provider: p}"), "is empty"},
      {minimal("{provider: p}"), "has none of"},
      {minimal("{identity: i, identity-pattern: i, provider: p}"), "has both identity and identity-pattern"},
      {minimal("{identity: i, key: keys/a.pub}"), "has both key and identity"},
      {minimal("{identity: i, provider: p, timestamps: 0}"), "not from 1 to 32"},
      {minimal("{identity: i, provider: p, logs: 33}"), "not from 0 to 32"},
      {minimal("{key: keys/a.pub}", "", "trusted-root-max-age: -1\n"), "not from 0 to 3650"},
      {minimal("{key: keys/a.pub}", "", "trusted-root-max-age: 3651\n"), "not from 0 to 3650"},
      {minimal("{identity: i, provider: p, logs: many}"), "expected an integer"},
      {minimal("{identity: i, provider: p, claims: {a: 1}}"), "expected a string"},
      {minimal("{key: keys/a.pub}", "    threshold: 0\n"), "not from 1 to 32"},
      {minimal("{key: keys/a.pub}", "    threshold: 2\n"), "demands 2 of 1 signer"},
      {minimal("{key: keys/a.pub}", "", "trees: sometimes\n"), "neither required nor optional"},
      {minimal("{key: keys/a.pub}", "", "trees: true\n"), "expected a string"},
      {minimal("{key: keys/a.pub}", "", "deny: ['" + std::string(64, 'a') + "']\n"), "not sha256:HEX"},
      {minimal("{key: keys/a.pub}", "", "deny: ['sha256:" + std::string(64, 'A') + "']\n"), "not sha256:HEX"},
      {minimal("{key: keys/a.pub}", "", "deny: ['md5:" + std::string(64, 'a') + "']\n"), "not sha256:HEX"},
      {minimal("{key: keys/a.pub}", "", "revoked: [{key: abc}]\n"), "not a fingerprint"},
      {minimal("{key: keys/a.pub}", "", "revoked: [{identity: i}]\n"), "provider: missing"},
      {minimal("{key: keys/a.pub}", "", no_since), "since is not a time"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(code_of(test.text), "policy-malformed") << test.text;
    EXPECT_NE(message_of(test.text).find(test.message), std::string::npos) << test.text << message_of(test.text);
  }
}

TEST(Policy, RefusesOtherThingsByTheirCodes) {
  EXPECT_EQ(code_of(""), "policy-syntax");
  EXPECT_EQ(code_of("unsigned: no"), "policy-syntax");
  EXPECT_EQ(code_of(std::string(kMaxPolicy + 1, ' ')), "policy-too-large");
  EXPECT_EQ(code_of(minimal("{identity-pattern: '(', provider: p}")), "pattern-syntax");
  EXPECT_EQ(code_of(minimal("{key: nowhere}")), "file-not-found");
  EXPECT_EQ(code_of(minimal("{key: broken}")), "key-malformed");
  EXPECT_EQ(code_of(minimal("{certificate-authorities: [broken]}")), "certificate-malformed");
  EXPECT_NE(message_of(minimal("{key: broken}")).find("broken"), std::string::npos);
  EXPECT_EQ(code_of(minimal("{key: keys/a.pub}", "", "trusted-root: broken\n")).substr(0, 4), "json");
}

// --- docs/policy.md

// blocks returns what stands between the fences of that language.
std::vector<std::string> blocks(std::string_view page, std::string_view language) {
  const std::string fence = fmt::format("```{}\n", language);
  std::vector<std::string> found;
  for (std::size_t at = page.find(fence); at != page.npos; at = page.find(fence, at)) {
    at += fence.size();
    found.emplace_back(page.substr(at, page.find("```\n", at) - at));
  }
  return found;
}

// by_suffix has every file that an example may name.
Result<std::string> by_suffix(const std::string& path) {
  return read_file(path.ends_with(".pub") ? "keys/a.pub" : path.ends_with(".pem") ? "ca.pem" : "root.json");
}

TEST(Policy, TakesTheExamplesOfItsPage) {
  const std::string page = weightmark::read_file(WEIGHTMARK_DOCS "/policy.md", kMaxPolicy).value();
  const std::vector<std::string> yaml = blocks(page, "yaml");
  const std::vector<std::string> json = blocks(page, "json");
  ASSERT_EQ(yaml.size(), 4U);
  ASSERT_EQ(json.size(), 1U);
  for (const std::string& example : {yaml[0], yaml[1], yaml[2], yaml[3], json[0]}) {
    auto policy = Policy::parse(example, by_suffix);
    EXPECT_TRUE(policy) << describe(policy.error()) << example;
  }
  EXPECT_EQ(parse_yaml(yaml[2], ErrorCode::kPolicySyntax).value(), parse_json(json[0]).value());
}

}  // namespace
}  // namespace weightmark
