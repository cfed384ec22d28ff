#include "trust/builders.h"

#include <gtest/gtest.h>

#include <set>

#include "base/refuse.h"
#include "crypto/pki_testing.h"
#include "trust/google_keys.h"

namespace weightmark {
namespace {

Result<std::string> a_key(const std::string& path) {
  static const std::string pem = testing::public_key_pem(testing::generate_key_pem(KeyType::kEcP256));
  if (path == "key.pem") return pem;
  return refuse(ErrorCode::kFileNotFound, "there is no such file", path);
}

std::string code_of(std::string_view text) {
  const auto builders = Builders::parse(text, a_key);
  return builders ? "" : std::string(code_name(builders.error().code));
}

constexpr std::string_view kFile = R"(schema: weightmark.builders.v1
builders:
  - name: one
    builder-id: https://acme.example/builder
    build-types: ["https://acme.example/build/v1"]
    identity: https://ci.acme.example/7
    provider: https://id.acme.example
    parameters: [source, target]
    source: certificate
    said-by: platform
    level: 3
  - name: two
    builder-id-pattern: 'https://acme\.example/.+'
    build-types: ["https://acme.example/build/v1"]
    key: key.pem
    parameters: []
    level: 0
)";

TEST(BuildersFile, IsRead) {
  const auto builders = Builders::parse(kFile, a_key);
  ASSERT_TRUE(builders) << describe(builders.error());
  const auto& found = builders->impl().configured;
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "one");
  EXPECT_FALSE(found[0].id_pattern);
  EXPECT_TRUE(found[0].source_in_certificate);
  EXPECT_TRUE(found[0].by_platform);
  EXPECT_EQ(found[0].level, 3U);
  EXPECT_EQ(found[0].parameters, (std::vector<std::string>{"source", "target"}));
  EXPECT_EQ(std::get<ExpectedIdentity>(found[0].signer).provider, "https://id.acme.example");
  EXPECT_TRUE(found[1].id_pattern);
  EXPECT_TRUE(std::holds_alternative<PublicKey>(found[1].signer));
  EXPECT_FALSE(found[1].by_platform);
  EXPECT_TRUE(Builders().impl().configured.empty());
}

std::string without(std::string_view line) {
  std::string text(kFile);
  const std::size_t at = text.find(line);
  EXPECT_NE(at, std::string::npos) << line;
  return text.erase(at, text.find('\n', at) - at + 1);
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text(kFile);
  return text.replace(text.find(from), from.size(), to);
}

TEST(BuildersFile, LacksNothing) {
  for (const char* line : {"    builder-id: ", "    build-types: ", "    identity: ", "    provider: ",
                           "    parameters: ", "    level: ", "schema: "})
    EXPECT_EQ(code_of(without(line)), "builders-malformed") << line;
}

TEST(BuildersFile, IsWellFormed) {
  EXPECT_EQ(code_of("schema: 1"), "builders-malformed");
  EXPECT_EQ(code_of(replaced("builders.v1", "builders.v2")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("level: 3", "level: 4")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("level: 3", "level: high")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("level: 3", "levels: 3")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("source: certificate", "source: nowhere")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("said-by: platform", "said-by: me")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("[\"https://acme.example/build/v1\"]", "[]")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("key: key.pem", "key: key.pem\n    source: certificate")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("key: key.pem", "key: key.pem\n    identity: a\n    provider: b")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("builder-id: h", "builder-id-pattern: a\n    builder-id: h")), "builders-malformed");
  EXPECT_EQ(code_of(replaced("https://acme\\.example/.+", "(")), "pattern-syntax");
  EXPECT_EQ(code_of(replaced("key.pem", "other.pem")), "file-not-found");
}

TEST(BuildersFile, IsBounded) {
  EXPECT_EQ(code_of(std::string(kMaxBuildersFile + 1, ' ')), "file-too-large");
  std::string text(kFile.substr(0, kFile.find("  - name")));
  const std::string_view one = kFile.substr(kFile.find("  - name: two"));
  for (std::size_t i = 0; i <= kMaxBuilders; ++i) text += one;
  EXPECT_EQ(code_of(text), "builders-malformed");
}

TEST(GoogleKeys, AreEachThereOnce) {
  const auto keys = google_keys();
  ASSERT_TRUE(keys) << describe(keys.error());
  std::set<std::string> ids;
  for (const GoogleKey& key : *keys) {
    EXPECT_TRUE(ids.insert(key.id).second) << key.id;
    EXPECT_TRUE(key.id.starts_with("projects/verified-builder/locations/")) << key.id;
    EXPECT_EQ(key.key.type(), KeyType::kEcP256);
    EXPECT_EQ(key.signs_payload, key.id.contains("/cryptoKeys/builtByGCB/")) << key.id;
  }
  EXPECT_EQ(ids.size(), 21U);
}

}  // namespace
}  // namespace weightmark
