#include "attest/attestation.h"

#include <gtest/gtest.h>

#include "attest/oms.h"
#include "weightmark/attestation.h"

namespace weightmark {
namespace {

constexpr const char* kType = "https://example.com/v1";

Digest digest(char digit) { return Digest::from_hex(HashAlgorithm::kSha256, std::string(64, digit)).value(); }

Manifest manifest(const std::vector<std::string>& files) {
  Manifest manifest;
  manifest.name = "model";
  char digit = 'a';
  for (const std::string& name : files) {
    FileEntry file;
    file.name = name;
    file.digest = digest(digit++);
    manifest.files.push_back(std::move(file));
  }
  complete_manifest(manifest);
  return manifest;
}

std::string code_of(std::string_view predicate) {
  const auto status = check_predicate(predicate);
  return status ? "ok" : std::string(code_name(status.error().code));
}

TEST(PredicateType, HasShortNames) {
  EXPECT_EQ(predicate_type("slsaprovenance1"), "https://slsa.dev/provenance/v1");
  EXPECT_EQ(predicate_type("spdxjson"), "https://spdx.dev/Document");
  EXPECT_EQ(predicate_type(kType), kType);
  EXPECT_EQ(predicate_type("urn:example:a"), "urn:example:a");
  const std::vector<std::string> unfit{"",
                                       "slsa",
                                       ":x",
                                       "x:",
                                       "https://a b",
                                       "https://\n",
                                       std::string(kOmsPredicateType),
                                       std::string(kOmsPredicateTypeV02)};
  for (const std::string& wrong : unfit) EXPECT_EQ(predicate_type(wrong).error().code, ErrorCode::kUsage) << wrong;
  EXPECT_EQ(predicate_type("https://" + std::string(300, 'a')).error().code, ErrorCode::kUsage);
}

TEST(ShortName, IsFitForAFile) {
  EXPECT_EQ(short_name("https://slsa.dev/provenance/v1"), "slsaprovenance1");
  EXPECT_EQ(short_name("https://slsa.dev/provenance/v0.2"), "slsaprovenance");
  EXPECT_EQ(short_name("https://example.com/a/../b?c=d&e/"), "example.com-a-..-b-c-d-e");
  EXPECT_EQ(short_name("urn:.."), "urn-..");
  EXPECT_EQ(short_name("https://../x"), "x");
  EXPECT_EQ(short_name("https://!!"), "attestation");
}

TEST(Predicate, IsAnObject) {
  EXPECT_EQ(code_of(" {\"a\": 1}\n"), "ok");
  for (const char* wrong : {"", "[]", "7", "{", "{\"a\":1}{}", "{\"a\":1,\"a\":2}", "{\"a\":1e999}", "\xff"})
    EXPECT_EQ(code_of(wrong), "predicate-malformed") << wrong;
  EXPECT_EQ(code_of("{\"a\":\"" + std::string(kMaxPredicateSize, 'a') + "\"}"), "predicate-malformed");
}

TEST(Attestation, SaysThePredicateAsItIsSpelled) {
  const std::string predicate = R"({ "b" : 1.10, "a": [1e2, 9007199254740993, "\u00e9"] })";
  const std::string text = write_attestation(manifest({"a", "b"}), kType, predicate + "\n");
  EXPECT_NE(text.find("\"predicate\":" + predicate + ",\"predicateType\":\"https://example.com/v1\""),
            std::string::npos)
      << text;
  const auto statement = parse_statement(text);
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->predicate_type, kType);
  ASSERT_EQ(statement->subjects.size(), 1U);
  EXPECT_EQ(statement->subjects.front().name, "model");
}

TEST(Attestation, IsAboutTheModel) {
  Manifest model = manifest({"a", "b"});
  model.manifest_v1 = digest('d');
  const auto statement = parse_statement(write_attestation(model, kType, "{}"));
  EXPECT_EQ(statement->subjects.front().digest("weightmarkManifestV1"), digest('d').hex());
  ASSERT_NE(find_subject(statement->subjects, model), nullptr);
  EXPECT_EQ(find_subject(statement->subjects, manifest({"a"})), nullptr);
  EXPECT_EQ(find_subject(statement->subjects, manifest({"a", "b", "c"})), nullptr);
}

// A model's only file is known by its own digest, too: that is how others write it.
TEST(Attestation, IsAboutTheOnlyFileAsWell) {
  Manifest model = manifest({"weights.bin"});
  model.manifest_v1 = digest('d');
  const auto statement = parse_statement(write_attestation(model, kType, "{}"));
  ASSERT_EQ(statement->subjects.size(), 2U);
  EXPECT_EQ(statement->subjects[0].digest("sha256"), model.root.hex());
  EXPECT_EQ(statement->subjects[0].digest("weightmarkManifestV1"), "");
  EXPECT_EQ(statement->subjects[1].name, "weights.bin");
  EXPECT_EQ(statement->subjects[1].digest("sha256"), digest('a').hex());
  const std::vector<Subject> theirs{{"other", {{"sha256", digest('f').hex()}}}, {"x", {{"sha256", digest('a').hex()}}}};
  const Subject* found = find_subject(theirs, model);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "x");
  EXPECT_EQ(find_subject(theirs, manifest({"a", "b"})), nullptr);
}

// What binds more is never passed over for what binds less.
TEST(Attestation, MustHaveAllDigestsRight) {
  Manifest model = manifest({"weights.bin"});
  model.manifest_v1 = digest('d');
  const std::string root = model.root.hex();
  const auto matches = [&](std::vector<std::pair<std::string, std::string>> digests) {
    return find_subject({{"model", std::move(digests)}}, model) != nullptr;
  };
  EXPECT_TRUE(matches({{"sha256", root}, {"weightmarkManifestV1", digest('d').hex()}}));
  EXPECT_TRUE(matches({{"sha256", root}}));
  EXPECT_TRUE(matches({{"sha256", root}, {"sha512", "00"}}));
  EXPECT_FALSE(matches({{"sha256", root}, {"weightmarkManifestV1", digest('e').hex()}}));
  EXPECT_FALSE(matches({{"weightmarkManifestV1", digest('d').hex()}}));
  EXPECT_FALSE(matches({{"sha256", digest('a').hex()}, {"weightmarkManifestV1", digest('e').hex()}}));
  EXPECT_FALSE(matches({{"sha512", "00"}}));
  model.manifest_v1.reset();
  EXPECT_FALSE(matches({{"sha256", root}, {"weightmarkManifestV1", digest('d').hex()}}));
}

}  // namespace
}  // namespace weightmark
