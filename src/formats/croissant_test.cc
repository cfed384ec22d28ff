#include "formats/croissant.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace weightmark {
namespace {

const std::string kOne(64, '1');
const std::string kTwo(64, '2');

std::string code_of(const auto& result) { return result ? "ok" : std::string(code_name(result.error().code)); }

Digest digest(const std::string& hex) { return Digest::from_hex(HashAlgorithm::kSha256, hex).value(); }

// dataset has what every dataset must have, and `more`.
std::string dataset(std::string_view more, std::string_view conforms = "http://mlcommons.org/croissant/1.1") {
  return fmt::format(R"({{"@context": {{"@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"}},
    "@type": "sc:Dataset", "name": "mix", "conformsTo": "{}"{}{}}})",
                     conforms, more.empty() ? "" : ", ", more);
}

std::string distribution(std::string_view files) { return dataset(fmt::format(R"("distribution": [{}])", files)); }

std::string file(std::string_view id, std::string_view url, std::string_view sha256, std::string_view more = "") {
  return fmt::format(R"({{"@type": "cr:FileObject", "@id": "{}", "name": "{}", "contentUrl": "{}", "sha256": "{}"{}}})",
                     id, id, url, sha256, more);
}

TEST(Croissant, ReadsADataset) {
  const auto found = parse_croissant(dataset(
      R"("version": "1.2.0", "url": "https://example.com/mix", "license": "https://creativecommons.org/licenses/by/4.0/",
         "distribution": [{"@type": "cr:FileObject", "@id": "train", "name": "train.jsonl", "contentUrl": "data/train.jsonl",
           "encodingFormat": "application/jsonl", "sha256": ")" +
      kOne + R"("}, {"@type": "cr:FileSet", "@id": "images", "includes": "*.jpg"}])"));
  ASSERT_EQ(code_of(found), "ok") << describe(found.error());
  EXPECT_EQ(found->conforms_to, "http://mlcommons.org/croissant/1.1");
  EXPECT_EQ(found->name, "mix");
  EXPECT_EQ(found->version, "1.2.0");
  EXPECT_EQ(found->url, "https://example.com/mix");
  EXPECT_EQ(found->licenses, std::vector<std::string>{"https://creativecommons.org/licenses/by/4.0/"});
  ASSERT_EQ(found->files.size(), 1U);
  EXPECT_EQ(found->files[0],
            (CroissantFile{"train", "train.jsonl", "data/train.jsonl", "application/jsonl", "", digest(kOne)}));
  EXPECT_FALSE(found->records);
}

TEST(Croissant, TakesTheFormsThatJsonLdHas) {
  const auto found = parse_croissant(R"({"@type": ["https://schema.org/Dataset", "Thing"], "sc:name": {"@value": "mix"},
    "version": 1.0, "url": {"@id": "https://example.com"}, "sc:license": [{"@type": "sc:CreativeWork", "name": "mine"},
    {"@type": "CreativeWork", "url": "https://example.com/l", "name": "other"}, "MIT"],
    "conformsTo": [{"@id": "http://mlcommons.org/croissant/RAI/1.0"}, "http://mlcommons.org/croissant/1.0"],
    "distribution": {"@type": "sc:FileObject", "name": "a", "containedIn": [{"@id": "zip"}], "description": null}})");
  ASSERT_EQ(code_of(found), "ok") << describe(found.error());
  EXPECT_EQ(found->conforms_to, "http://mlcommons.org/croissant/1.0");
  EXPECT_EQ(found->version, "1.0");
  EXPECT_EQ(found->url, "https://example.com");
  EXPECT_EQ(found->licenses, (std::vector<std::string>{"mine", "https://example.com/l", "MIT"}));
  ASSERT_EQ(found->files.size(), 1U);
  EXPECT_EQ(found->files[0].contained_in, "zip");
}

TEST(Croissant, CountsRecordsThatAreAllThere) {
  const auto records = [](std::string_view sets) {
    return parse_croissant(dataset(fmt::format(R"("recordSet": [{}])", sets))).value().records;
  };
  const std::string inline_set = R"({"@type": "cr:RecordSet", "data": [{"a": 1}, {"a": 2}]})";
  const std::string splits = R"({"@type": "cr:RecordSet", "dataType": "cr:Split", "data": [{"n": "train"}]})";
  EXPECT_EQ(records(inline_set + "," + splits), 2U);
  EXPECT_EQ(records(inline_set + "," + inline_set), 4U);
  EXPECT_EQ(records(inline_set + R"(, {"@type": "cr:RecordSet", "field": []})"), std::nullopt);
  EXPECT_EQ(records(R"({"field": []}, )" + inline_set), std::nullopt);
  EXPECT_EQ(records(splits), std::nullopt);
}

// Hubs write a URL where they have no digest.
TEST(Croissant, TakesNoUrlForADigest) {
  const std::string text =
      distribution(file("repo", "https://example.com/x", "https://github.com/mlcommons/croissant/issues/80"));
  const auto found = parse_croissant(text);
  ASSERT_EQ(code_of(found), "ok");
  EXPECT_FALSE(found->files.at(0).sha256);
}

TEST(Croissant, KnowsItself) {
  EXPECT_TRUE(is_croissant(dataset("")));
  EXPECT_TRUE(is_croissant(dataset("", "https://mlcommons.org/croissant/1.0")));
  EXPECT_FALSE(is_croissant(dataset("", "http://mlcommons.org/croissant/RAI/1.0")));
  EXPECT_FALSE(is_croissant(R"({"name": "mix"})"));
  EXPECT_FALSE(is_croissant("[]"));
  EXPECT_FALSE(is_croissant("nothing"));
}

TEST(Croissant, RefusesWhatIsNotOne) {
  for (const auto& [text, code] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "json-truncated"},
           {"[]", "croissant-malformed"},
           {"{}", "croissant-malformed"},
           {R"({"@type": "sc:Dataset"})", "croissant-malformed"},
           {R"({"@type": "sc:DataCatalog", "name": "mix"})", "croissant-malformed"},
           {R"({"@type": "sc:Dataset", "name": "a", "name": "b"})", "json-duplicate-key"},
           {R"({"@type": "sc:Dataset", "name": "a", "sc:name": "b"})", "croissant-malformed"},
           {R"({"@type": "sc:Dataset", "name": ["a", "b"]})", "croissant-malformed"},
           {R"({"@type": "sc:Dataset", "name": {"en": "a"}})", "croissant-malformed"},
           {R"({"@type": "sc:Dataset", "name": true})", "croissant-malformed"},
           {R"({"@type": "sc:Dataset", "name": [["a"]]})", "croissant-malformed"},
           {R"({"@type": "sc:Dataset", "name": ")" + std::string(5000, 'a') + R"("})", "croissant-malformed"},
           {dataset("", "https://example.com/other"), "croissant-version"},
           {dataset("", "http://mlcommons.org/croissant/2.0"), "croissant-version"},
           {dataset(R"("distribution": "train.csv")"), "croissant-malformed"},
           {distribution(file("a", "a", "abc")), "croissant-malformed"},
           {distribution(file("a", "a", kOne + "1")), "croissant-malformed"},
           {distribution(file("a", "a", kOne, R"(, "cr:sha256": ")" + kTwo + R"(")")), "croissant-malformed"},
           {distribution(file("", "a", kOne)), "croissant-malformed"},
           {dataset(R"("recordSet": [1])"), "croissant-malformed"},
           {dataset(R"("license": [)" + fmt::format("{}", fmt::join(std::vector<int>(65, 1), ",")) + "]"),
            "croissant-malformed"},
           {std::string(kMaxCroissantSize + 1, ' '), "croissant-malformed"},
       })
    EXPECT_EQ(code_of(parse_croissant(text)), code) << text.substr(0, 200);
}

TEST(Croissant, ComparesWithWhatWasMeasured) {
  const std::string hub = "https://huggingface.co/datasets/acme/mix/resolve/main/";
  const auto found = parse_croissant(
      distribution(file("same", "data/a.csv", kOne) + "," + file("other", hub + "data/b%20c.csv?download=true", kTwo) +
                   "," + file("gone", "data/z.csv", kOne) + "," + file("none", "data/a.csv", "https://example.com") +
                   "," + file("inner", "a.csv", kTwo, R"(, "containedIn": {"@id": "zip"})") + "," +
                   file("of_repo", "data/a.csv", kOne, R"(, "containedIn": {"@id": "repo"})") + "," +
                   file("repo", "https://example.com/x.git", kOne, R"(, "encodingFormat": "git+https")") + "," +
                   file("a.csv", "https://example.com/download?id=7", kOne) + "," +
                   file("upper", "./data/a.csv", std::string(64, 'A'))));
  ASSERT_EQ(code_of(found), "ok") << describe(found.error());
  const std::vector<MeasuredFile> measured = {
      {"data/a.csv", digest(kOne)}, {"data/b c.csv", digest(kOne)}, {"a.csv", digest(kOne)}};
  using enum CroissantOutcome;
  EXPECT_EQ(compare_croissant(*found, measured), (std::vector<CroissantFinding>{{0, 0, kEqual},
                                                                                {1, 1, kDiffers},
                                                                                {2, std::nullopt, kAbsent},
                                                                                {3, 0, kNoDigest},
                                                                                {4, std::nullopt, kWithin},
                                                                                {5, 0, kEqual},
                                                                                {6, std::nullopt, kNoDigest},
                                                                                {7, 2, kEqual},
                                                                                {8, 0, kDiffers}}));
}

TEST(Croissant, RefusesTheFirstFileThatDiffers) {
  const auto found = parse_croissant(distribution(file("a.csv", "a.csv", kOne) + "," + file("b.csv", "b.csv", kTwo)));
  ASSERT_EQ(code_of(found), "ok");
  EXPECT_EQ(code_of(check_croissant(*found, std::vector<MeasuredFile>{{"a.csv", digest(kOne)}})), "ok");
  const auto refused =
      check_croissant(*found, std::vector<MeasuredFile>{{"a.csv", digest(kOne)}, {"b.csv", digest(kOne)}});
  EXPECT_EQ(code_of(refused), "croissant-mismatch");
  EXPECT_EQ(refused.error().subject, "b.csv");
}

}  // namespace
}  // namespace weightmark
