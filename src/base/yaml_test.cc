#include "base/yaml.h"

#include <gtest/gtest.h>

#include <string>

#include "base/json_document.h"

namespace weightmark {
namespace {

Result<Json> parse(std::string_view text) { return parse_yaml(text, ErrorCode::kPolicySyntax); }

std::string as_json(std::string_view text) {
  auto json = parse(text);
  return json ? write_json(*json) : describe(json.error());
}

struct Case {
  std::string yaml;
  std::string json;
};

TEST(ParseYaml, TakesPlainDocuments) {
  const Case cases[] = {
      {"a: b", R"({"a":"b"})"},
      {"# a comment\nb: [1, -20, 0]\na:\n  - x\n  - {k: z}\n", R"({"a":["x",{"k":"z"}],"b":[1,-20,0]})"},
      {"a: true\nb: false", R"({"a":true,"b":false})"},
      {"a: \"yes\"\nb: 'null'\n\"no\": \"\"", R"({"a":"yes","b":"null","no":""})"},
      {"a: 2025-03-01T00:00:00Z", R"({"a":"2025-03-01T00:00:00Z"})"},
      {"a: |\n  one\n  two\n", R"({"a":"one\ntwo\n"})"},
      {"a: https://example.com/x#y", R"({"a":"https://example.com/x#y"})"},
      {"---\na: {}\nb: []\n...\n", R"({"a":{},"b":[]})"},
  };
  for (const Case& test : cases) EXPECT_EQ(as_json(test.yaml), test.json) << test.yaml;
}

// Numbers to some programs, which no two of them read alike.
TEST(ParseYaml, KeepsOddNumbersAsText) {
  for (const char* word : {"010", "0x10", "1_000", "1e3", "1.5", "+1", "12:30:00", "-0", ".inf", "1234567890123456789"})
    EXPECT_EQ(as_json("a: " + std::string(word)), R"({"a":")" + std::string(word) + R"("})");
}

TEST(ParseYaml, ReadsJsonAsTheSame) {
  const std::string json = R"({"a":[1,true,"x\ty\u00e9"],"b":{"c":"d"}})";
  EXPECT_EQ(parse(json).value(), parse_json(json).value());
}

TEST(ParseYaml, RefusesWithLineAndColumn) {
  const Case cases[] = {
      {"", "there is no document"},
      {"a: &x b\nc: *x", "line 1, column 4: anchors are not taken"},
      {"a: *x", "line 1, column 4: aliases are not taken"},
      {"*x : a", "aliases are not taken"},
      {"a: &x [b]", "anchors are not taken"},
      {"a: &x {b: c}", "anchors are not taken"},
      {"a: !!str b", "line 1, column 4: tags are not taken"},
      {"a: ! b", "tags are not taken"},
      {"a: !x [b]", "tags are not taken"},
      {"a: !x {b: c}", "tags are not taken"},
      {"!!str a: b", "tags are not taken"},
      {"%YAML 1.1\n---\na: b", "directives are not taken"},
      {"%TAG ! tag:x,2000:\n---\na: b", "directives are not taken"},
      {"a: b\nc: d\na: e", "\"a\" is there twice"},
      {"a: b\n\"a\": e", "\"a\" is there twice"},
      {"a: b\n---\nc: d", "there is a second document"},
      {"1: b", "line 1, column 1: a key is no string"},
      {"true: b", "a key is no string"},
      {"? [a]\n: b", "a key is no string"},
      {"a:", "there is no value"},
      {"a: [b, ]\nc: ~", "line 2, column 4: `~` means a boolean or nothing"},
      {"a: NO", "`NO` means a boolean or nothing"},
      {"on: b", "`on` means a boolean or nothing"},
      {"a: [b", "line 2, column 1: did not find expected ',' or ']'"},
      {"a: b: c", "mapping values are not allowed"},
      {"a: \"\\q\"", "unknown escape"},
      {"a: \xff", "not valid UTF-8"},
      {"\xEF\xBB\xBF"
       "a: b",
       "byte order mark"},
      {"\xFF\xFE"
       "a",
       "not valid UTF-8"},
  };
  for (const Case& test : cases) {
    auto json = parse(test.yaml);
    ASSERT_FALSE(json) << test.yaml << " is " << write_json(*json);
    EXPECT_EQ(code_name(json.error().code), "policy-syntax");
    EXPECT_NE(describe(json.error()).find(test.json), std::string::npos) << test.yaml << "\n" << describe(json.error());
  }
}

TEST(ParseYaml, RefusesEveryWordForABooleanOrNothing) {
  for (const char* word : {"y", "Y", "n", "N", "yes", "Yes", "YES", "no", "off", "On", "True", "FALSE", "null", "Null"})
    EXPECT_FALSE(parse("a: " + std::string(word))) << word;
}

TEST(ParseYaml, BoundsTheNesting) {
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')));
  EXPECT_NE(as_json(std::string(65, '[') + std::string(65, ']')).find("nested deeper than 64"), std::string::npos);
  EXPECT_FALSE(parse(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace weightmark
