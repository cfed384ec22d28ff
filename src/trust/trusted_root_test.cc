#include "trust/trusted_root.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/encoding.h"
#include "crypto/pki_testing.h"
#include "trust/builtin.h"

namespace weightmark {
namespace {

// A P-256 public key, made for this test alone.
constexpr const char* kKey =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4UUd9jKmAai0HMCC1FOu4H8NbU"
    "GnPumvYjiLqkaMbSD6hQhIxghjntI8XkMTXsiwD4/1+zj0foVWMLAcPXIJhQ==";

std::string log_json(std::string_view key_details = "PKIX_ECDSA_P256_SHA_256",
                     std::string_view window = R"({"start":"2021-01-01T00:00:00Z"})") {
  return fmt::format(
      R"({{"baseUrl":"https://rekor.example/log","logId":{{"keyId":"wNI="}},"publicKey":{{"rawBytes":"{}",)"
      R"("keyDetails":"{}","validFor":{}}}}})",
      kKey, key_details, window);
}

std::string root_json(std::string_view tlogs, std::string_view rest = "") {
  return fmt::format(R"({{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[{}]{}}})",
                     tlogs, rest);
}

std::string code(std::string_view json) {
  const auto root = TrustedRoot::parse(json);
  return root ? "no error" : std::string(code_name(root.error().code));
}

TEST(TrustedRoot, TakesThoseThatComeWithTheProgram) {
  for (const SigstoreInstance instance : {SigstoreInstance::kPublicGood, SigstoreInstance::kStaging}) {
    const auto root = TrustedRoot::parse(builtin_repository(instance).builtin.at(kTrustedRoot));
    ASSERT_TRUE(root);
    EXPECT_FALSE(root->impl().logs.empty());
    EXPECT_FALSE(root->impl().certificate_logs.empty());
    EXPECT_FALSE(root->impl().certificate_authorities.empty());
    EXPECT_FALSE(root->impl().timestamp_authorities.empty());
    for (const LogInstance& log : root->impl().logs) EXPECT_TRUE(log.key) << log.base_url;
  }
}

TEST(TrustedRoot, TakesEachSpellingOfItsType) {
  for (const char* type :
       {"application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "application/vnd.dev.sigstore.trustedroot.v0.1+json", "application/vnd.dev.sigstore.trustedroot.v0.2+json"})
    EXPECT_EQ(code(fmt::format(R"({{"mediaType":"{}"}})", type)), "no error");
}

TEST(TrustedRoot, TakesNoOtherType) {
  EXPECT_EQ(code(R"({"mediaType":"application/vnd.dev.sigstore.trustedroot.v0.3+json"})"), "trusted-root-media-type");
  EXPECT_EQ(code(R"({"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"})"), "trusted-root-media-type");
  EXPECT_EQ(code("{}"), "trusted-root-malformed");
  EXPECT_EQ(code("[]"), "trusted-root-malformed");
}

TEST(TrustedRoot, HasALimit) {
  const std::string json = R"({"mediaType":"application/vnd.dev.sigstore.trustedroot.v0.1+json"})";
  EXPECT_EQ(code(json + std::string(kMaxTrustedRoot - json.size(), ' ')), "no error");
  EXPECT_EQ(code(json + std::string(kMaxTrustedRoot - json.size() + 1, ' ')), "trusted-root-too-large");
}

TEST(TrustedRoot, ReadsALog) {
  const auto root = TrustedRoot::parse(root_json(log_json()));
  ASSERT_TRUE(root);
  const LogInstance& log = root->impl().logs.front();
  EXPECT_EQ(log.base_url, "https://rekor.example/log");
  EXPECT_EQ(log.name(), "rekor.example");
  EXPECT_EQ(log.owner, "rekor.example");
  EXPECT_EQ(log.id, (Bytes{0xc0, 0xd2}));
  EXPECT_TRUE(log.key);
  EXPECT_FALSE(log.window.end);
}

// One log that this program cannot check must not keep it from checking others.
TEST(TrustedRoot, PutsUpWithALogOfAnotherKind) {
  const auto root = TrustedRoot::parse(root_json(log_json("PKIX_ML_DSA_65")));
  ASSERT_TRUE(root);
  EXPECT_EQ(root->impl().logs.front().key.error().code, ErrorCode::kKeyUnsupported);
  const auto misnamed = TrustedRoot::parse(root_json(log_json("PKIX_ED25519")));
  ASSERT_TRUE(misnamed);
  EXPECT_EQ(misnamed->impl().logs.front().key.error().code, ErrorCode::kKeyMalformed);
}

// Without a start a log's key would count for all of the past.
TEST(TrustedRoot, WantsTheStartOfALogsWindow) {
  EXPECT_EQ(code(root_json(log_json("PKIX_ECDSA_P256_SHA_256", "{}"))), "trusted-root-malformed");
  EXPECT_EQ(code(root_json(log_json("PKIX_ECDSA_P256_SHA_256", R"({"end":"2021-01-01T00:00:00Z"})"))),
            "trusted-root-malformed");
}

TEST(TrustedRoot, RefusesFieldsOfAnotherForm) {
  for (const char* window : {R"({"start":"2021-01-01"})", R"({"start":5})", R"("always")", R"({"start":"never"})"})
    EXPECT_EQ(code(root_json(log_json("PKIX_ECDSA_P256_SHA_256", window))), "trusted-root-malformed") << window;
  for (const char* log :
       {"{}", "5", R"({"logId":{}})", R"({"logId":{"keyId":"*"}})", R"({"logId":{"keyId":"wNI="},"publicKey":{}})"})
    EXPECT_EQ(code(root_json(log)), "trusted-root-malformed") << log;
  for (const char* authority :
       {"{}", R"({"certChain":{}})", R"({"certChain":{"certificates":[]}})", R"({"certChain":{"certificates":[{}]}})"})
    EXPECT_EQ(code(root_json("", fmt::format(R"(,"certificateAuthorities":[{}])", authority))),
              "trusted-root-malformed")
        << authority;
  EXPECT_EQ(code(root_json("", R"(,"timestampAuthorities":[{"certChain":{"certificates":[{"rawBytes":"AAAA"}]}}])")),
            "certificate-malformed");
}

TEST(TrustedRoot, HasSoManyEntriesAndNoMore) {
  std::string logs = log_json();
  for (int i = 1; i < 256; ++i) logs += "," + log_json();
  EXPECT_EQ(code(root_json(logs)), "no error");
  EXPECT_EQ(code(root_json(logs + "," + log_json())), "trusted-root-malformed");
}

// --- authorities

const std::string& certificate64() {
  static const std::string certificate = to_base64(testing::TestAuthority::root().certificate().der());
  return certificate;
}

std::string authority_json(std::size_t chain = 1, std::string_view rest = "") {
  std::string certificates;
  for (std::size_t i = 0; i < chain; ++i)
    certificates += fmt::format(R"({}{{"rawBytes":"{}"}})", i > 0 ? "," : "", certificate64());
  return fmt::format(R"({{"uri":"https://ca.example/v1","certChain":{{"certificates":[{}]}}{}}})", certificates, rest);
}

// with_authorities is a root with that list and no logs.
std::string with_authorities(std::string_view kind, std::string_view authorities) {
  return root_json("", fmt::format(R"(,"{}":[{}])", kind, authorities));
}

constexpr auto kAuthorityKinds = {"certificateAuthorities", "timestampAuthorities"};

TEST(TrustedRoot, ReadsAnAuthority) {
  const auto root = TrustedRoot::parse(with_authorities(
      "timestampAuthorities",
      authority_json(2, R"(,"operator":"example.com","validFor":{"end":"2022-01-01T00:00:00+01:00"})")));
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->impl().certificate_authorities.empty());
  const AuthorityInstance& authority = root->impl().timestamp_authorities.front();
  EXPECT_EQ(authority.uri, "https://ca.example/v1");
  EXPECT_EQ(authority.owner, "example.com");
  ASSERT_EQ(authority.chain.size(), 2U);
  EXPECT_EQ(to_base64(authority.chain[0].der()), certificate64());
  EXPECT_FALSE(authority.window.start);
  EXPECT_EQ(authority.window.end, parse_rfc3339("2021-12-31T23:00:00Z"));
}

TEST(TrustedRoot, HasChainsOfSoManyAndNoMore) {
  for (const char* kind : kAuthorityKinds) {
    EXPECT_EQ(code(with_authorities(kind, authority_json(0))), "trusted-root-malformed") << kind;
    EXPECT_EQ(code(with_authorities(kind, authority_json(16))), "no error") << kind;
    EXPECT_EQ(code(with_authorities(kind, authority_json(17))), "trusted-root-malformed") << kind;
  }
}

TEST(TrustedRoot, HasSoManyAuthoritiesAndNoMore) {
  for (const char* kind : kAuthorityKinds) {
    std::string list = authority_json();
    for (int i = 1; i < 256; ++i) list += "," + authority_json();
    EXPECT_EQ(code(with_authorities(kind, list)), "no error") << kind;
    EXPECT_EQ(code(with_authorities(kind, list + "," + authority_json())), "trusted-root-malformed") << kind;
  }
}

TEST(TrustedRoot, RefusesAuthoritiesOfAnotherForm) {
  for (const char* kind : kAuthorityKinds) {
    for (const char* rest : {R"(,"operator":5)", R"(,"validFor":[])", R"(,"validFor":{"start":"2021-13-01T00:00:00Z"})",
                             R"(,"validFor":{"end":1640995200})", R"(,"validFor":{"end":"2022-01-01T00:00:00"})"})
      EXPECT_EQ(code(with_authorities(kind, authority_json(1, rest))), "trusted-root-malformed") << kind << rest;
    for (const char* raw : {"5", R"("A")", R"("AA A")", R"("AA-_")", "null"})
      EXPECT_EQ(
          code(with_authorities(kind, fmt::format(R"({{"certChain":{{"certificates":[{{"rawBytes":{}}}]}}}})", raw))),
          "trusted-root-malformed")
          << kind << raw;
  }
}

// --- all of it

// A certificate log is read as any log.
TEST(TrustedRoot, HoldsCertificateLogsToTheSameForm) {
  const auto with = [](std::string_view log) { return root_json("", fmt::format(R"(,"ctlogs":[{}])", log)); };
  EXPECT_EQ(code(with(log_json())), "no error");
  EXPECT_EQ(code(with(log_json("PKIX_ECDSA_P256_SHA_256", "{}"))), "trusted-root-malformed");
  EXPECT_EQ(code(with("{}")), "trusted-root-malformed");
}

TEST(TrustedRoot, RefusesKeysThatAreNotBase64) {
  for (const char* raw : {"5", R"("MFk")", R"("MFk*")", "null"})
    EXPECT_EQ(code(root_json(fmt::format(R"({{"logId":{{"keyId":"wNI="}},"publicKey":{{"rawBytes":{},)"
                                         R"("validFor":{{"start":"2021-01-01T00:00:00Z"}}}}}})",
                                         raw))),
              "trusted-root-malformed")
        << raw;
}

TEST(TrustedRoot, RefusesListsThatAreNone) {
  for (const char* key : {"tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"}) {
    const std::string head = R"({"mediaType":"application/vnd.dev.sigstore.trustedroot.v0.1+json",")";
    for (const char* bad : {"{}", "5", R"("none")", "[5]", "[[]]", "[null]"})
      EXPECT_EQ(code(head + key + "\":" + bad + "}"), "trusted-root-malformed") << key << bad;
    for (const char* none : {"[]", "null"}) EXPECT_EQ(code(head + key + "\":" + none + "}"), "no error") << key << none;
  }
}

TEST(TrustedRoot, RefusesWhatIsNoJson) {
  EXPECT_EQ(code(""), "json-truncated");
  EXPECT_EQ(code("root"), "json-syntax");
  EXPECT_EQ(code(R"({"mediaType":"a","mediaType":"a"})"), "json-duplicate-key");
}

TEST(Window, HasBothItsEnds) {
  const Instant start = *parse_rfc3339("2021-01-01T00:00:00Z");
  const Instant end = *parse_rfc3339("2022-01-01T00:00:00Z");
  const std::chrono::nanoseconds tick(1);
  const Window window{start, end};
  EXPECT_TRUE(window.contains(start));
  EXPECT_TRUE(window.contains(end));
  EXPECT_FALSE(window.contains(start - tick));
  EXPECT_FALSE(window.contains(end + tick));
  EXPECT_TRUE(Window({}, end).contains(start - tick));
  EXPECT_TRUE(Window(start, {}).contains(end + tick));
}

TEST(TrustedRoot, TakesTheOperatorOfALog) {
  std::string log = log_json();
  log.insert(1, R"("operator":"example.com",)");
  const auto root = TrustedRoot::parse(root_json(log));
  ASSERT_TRUE(root);
  EXPECT_EQ(root->impl().logs.front().owner, "example.com");
  EXPECT_EQ(root->impl().logs.front().name(), "rekor.example");
}

TEST(LogInstance, IsNamedByItsHostWithoutAPort) {
  const auto root = TrustedRoot::parse(root_json(log_json()));
  ASSERT_TRUE(root);
  LogInstance log = root->impl().logs.front();
  auto name = [&](const char* url) {
    log.base_url = url;
    return log.name();
  };
  EXPECT_EQ(name("https://rekor.example/log"), "rekor.example");
  EXPECT_EQ(name("https://rekor.example:8443/log"), "rekor.example");
  EXPECT_EQ(name("http://127.0.0.1:3000"), "127.0.0.1");
  EXPECT_EQ(name("http://[::1]:3000/api"), "::1");
  EXPECT_EQ(name("http://[::1"), "::1");
  EXPECT_EQ(name(""), "");
  log.base_url = "http://[::1]:3000/api";
  EXPECT_EQ(log.host_and_port(), "[::1]:3000");
}

TEST(Owner, IsTheOperatorOrElseTheHost) {
  EXPECT_EQ(owner_of("sigstore.dev", "https://rekor.example/log"), "sigstore.dev");
  EXPECT_EQ(owner_of("", "https://rekor.example/log"), "rekor.example");
  EXPECT_EQ(owner_of("", "rekor.example"), "rekor.example");
}

}  // namespace
}  // namespace weightmark
