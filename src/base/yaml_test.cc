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

// --- leniently

Result<YamlDocument> leniently(std::string_view text) { return parse_yaml_leniently(text, ErrorCode::kPolicySyntax); }

TEST(ParseYamlLeniently, TakesWhatCardsHave) {
  const Case cases[] = {
      {"", "null"},
      {"# nothing\n", "null"},
      {"language: no\nversion: 1.50\nnew: yes\nn: 7\n", R"({"language":"no","n":7,"new":"yes","version":"1.50"})"},
      {"a: ~\nb:\nc: [null, Null, NULL]\n", R"({"a":null,"b":null,"c":[null,null,null]})"},
      {"a: True\nb: true\nc: 'null'\n", R"({"a":"True","b":true,"c":"null"})"},
      {"1: a\ntrue: b\nnull: c\n", R"({"1":"a","null":"c","true":"b"})"},
      {"a: !!str 7\nb: !!str true\n", R"({"a":"7","b":"true"})"},
      {"a: &x [1, 2]\nb: *x\nc: {d: *x}\n", R"({"a":[1,2],"b":[1,2],"c":{"d":[1,2]}})"},
      {"a: &x 1\nb: &x 2\nc: *x\n", R"({"a":1,"b":2,"c":2})"},
      {"a: >-\n  one\n  two\n\nb: 2026-01-02\n", R"({"a":"one two","b":"2026-01-02"})"},
  };
  for (const Case& test : cases) {
    const auto found = leniently(test.yaml);
    ASSERT_TRUE(found) << test.yaml << describe(found.error());
    EXPECT_EQ(write_json(found->root), test.json) << test.yaml;
  }
}

TEST(ParseYamlLeniently, RefusesWhatProgramsReadDifferently) {
  const Case cases[] = {
      {"a: b\na: c", "\"a\" is there twice"},
      {"1: b\n\"1\": c", "\"1\" is there twice"},
      {"x: &x {a: b}\ny:\n  <<: *x\n", "line 3, column 3: merge keys are not taken"},
      {"a: !!int 7", "tags are not taken"},
      {"a: !!python/object:os.system x", "tags are not taken"},
      {"a: !!map {b: c}", "tags are not taken"},
      {"a: *x", "an alias without an anchor before it"},
      {"a: &x [*x]", "an alias without an anchor before it"},
      {"? [a]\n: b", "a key is no string"},
      {"x: &x a\n*x : b", "aliases are not taken for keys"},
      {"a: b\n---\nc: d", "there is a second document"},
      {"%YAML 1.1\n---\na: b", "directives are not taken"},
      {"a: \xff", "not valid UTF-8"},
  };
  for (const Case& test : cases) {
    const auto found = leniently(test.yaml);
    ASSERT_FALSE(found) << test.yaml;
    EXPECT_NE(describe(found.error()).find(test.json), std::string::npos) << describe(found.error());
  }
}

// A kilobyte of aliases can stand for more than any memory has.
TEST(ParseYamlLeniently, BoundsWhatAliasesRepeat) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    laughs += "]\n";
  }
  EXPECT_NE(describe(leniently(laughs).error()).find("has more than 1000000 values"), std::string::npos);
  std::string nested = "a0: &a0 x\n";
  for (int i = 1; i < 70; ++i) {
    const std::string name = std::to_string(i);
    nested += "a" + name + ": &a" + name + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_NE(describe(leniently(nested).error()).find("nested deeper than 64"), std::string::npos);
}

TEST(ParseYamlLeniently, TellsWhereMembersAre) {
  const auto found = leniently(
      "  a: b  # c\n\n  # d\n  \"e\": [f,\n    g] # h\n  i:\n  - j\n  - k\n  # l\n  m:\n  n: |\n    o\n\n  p: q r\n    "
      "s\n");
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(found->indent, 2U);
  std::string lines;
  for (const YamlEntry& entry : found->entries)
    lines += entry.key + ":" + std::to_string(entry.first_line) + "-" + std::to_string(entry.last_line) + " ";
  EXPECT_EQ(lines, "a:0-0 e:3-4 i:5-7 m:9-9 n:10-12 p:13-14 ");
  EXPECT_EQ(found->entries[0].end_column, 6U);
  EXPECT_TRUE(leniently("{a: b}")->entries.empty());
  EXPECT_TRUE(leniently("- a").value().entries.empty());
}

}  // namespace
}  // namespace weightmark
