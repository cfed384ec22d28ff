#include "base/json_document.h"

#include <gtest/gtest.h>

#include <string>

namespace weightmark {
namespace {

std::string code_of(std::string_view text) {
  auto json = parse_json(text);
  return json ? "" : std::string(code_name(json.error().code));
}

struct Refusal {
  std::string text;
  std::string code;
};

TEST(ParseJson, RefusesByCode) {
  const Refusal cases[] = {
      {"", "json-truncated"},
      {"{", "json-truncated"},
      {R"({"a)", "json-truncated"},
      {R"({"a":)", "json-truncated"},
      {"[1,", "json-truncated"},
      {"[nul", "json-truncated"},
      {"nul", "json-syntax"},
      {"{\"a\":1,}", "json-syntax"},
      {"{'a':1}", "json-syntax"},
      {"// no\n1", "json-syntax"},
      {"01", "json-number"},
      {"[1.]", "json-number"},
      {"[-]", "json-number"},
      {"NaN", "json-syntax"},
      {"\"\\ud800\"", "json-syntax"},
      {"\"\\udc00\"", "json-syntax"},
      {"\"\\ud800\\u0041\"", "json-syntax"},
      {"\"\\x41\"", "json-syntax"},
      {"[1 2]", "json-syntax"},
      {"[,]", "json-syntax"},
      {"+1", "json-syntax"},
      {".5", "json-syntax"},
      {std::string("\"a\0\"", 4), "json-syntax"},
      {"[\"out_of_range\" x]", "json-syntax"},  // the library's own words, but somebody else's
      {"\"a\nb\"", "json-syntax"},
      {"\xEF\xBB\xBF{}", "json-syntax"},
      {"\"\xC3\"", "json-utf8"},
      {"\"\xC0\x80\"", "json-utf8"},
      {"\"\xED\xA0\x80\"", "json-utf8"},
      {R"({"a":1,"b":2,"a":3})", "json-duplicate-key"},
      {R"({"a":1,"\u0061":3})", "json-duplicate-key"},
      {R"([{"x":{"k":1,"k":1}}])", "json-duplicate-key"},
      {"9223372036854775808", "json-number"},
      {"-9223372036854775809", "json-number"},
      {"18446744073709551616", "json-number"},
      {"1e999", "json-number"},
      {"[-1e999]", "json-number"},
      {"{} {}", "json-trailing"},
      {"1 2", "json-trailing"},
      {"{}x", "json-trailing"},
      {"{}{}", "json-trailing"},
      {"\"a\"\"b\"", "json-trailing"},
      {"{,}x", "json-syntax"},
      {"{]", "json-syntax"},
      {"]", "json-syntax"},
  };
  for (const Refusal& test : cases) EXPECT_EQ(code_of(test.text), test.code) << test.text;
}

TEST(ParseJson, BoundsNesting) {
  auto nested = [](int depth) {
    auto count = static_cast<std::size_t>(depth);
    return std::string(count, '[') + std::string(count, ']');
  };
  EXPECT_EQ(code_of(nested(64)), "");
  EXPECT_EQ(code_of(nested(65)), "json-depth");
  EXPECT_EQ(code_of(std::string(1'000'000, '[')), "json-depth");
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_EQ(code_of(objects), "json-depth");
  EXPECT_EQ(code_name(parse_json("[[]]", {.depth = 1}).error().code), "json-depth");
}

TEST(ParseJson, QuotesOnlyTheStartOfAKey) {
  std::string key = '"' + std::string(100'000, 'k') + "\":1";
  auto twice = parse_json("{" + key + "," + key + "}");
  ASSERT_FALSE(twice);
  EXPECT_LT(twice.error().what.size(), 400U);
}

TEST(ParseJson, RefusesEveryTruncation) {
  std::string whole = R"({"a":[1,-2.5e3,true,null,"\u00e9\n"],"b":{"c":"d"}})";
  ASSERT_EQ(code_of(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(code_of(whole.substr(0, size)), "json-truncated") << size;
  EXPECT_EQ(code_of("\"\xE6\xA8"), "json-utf8");  // within a character
}

TEST(ParseJson, KeepsAll64Bits) {
  EXPECT_EQ(*parse_json("9223372036854775807")->as<std::int64_t>(), INT64_MAX);
  EXPECT_EQ(*parse_json("-9223372036854775808")->as<std::int64_t>(), INT64_MIN);
}

TEST(JsonView, NamesTheField) {
  const auto document = JsonDocument::parse(R"({"a":{"b":[1,"x"]},"f":1000000000.0,"g":1.5,"n":null})");
  ASSERT_TRUE(document);
  const JsonView root = document->root(ErrorCode::kBundleMalformed);
  auto items = root.member("a")->member("b")->array();
  ASSERT_TRUE(items);
  auto wrong = (*++items->begin()).integer();
  ASSERT_FALSE(wrong);
  EXPECT_EQ(code_name(wrong.error().code), "bundle-malformed");
  EXPECT_EQ(wrong.error().subject, "a.b[1]");
  EXPECT_EQ(wrong.error().what, "expected an integer, found a string");
  auto missing = root.member("a")->member("z");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().subject, "a.z");
  EXPECT_EQ(*root.member("f")->integer(), 1'000'000'000);
  EXPECT_FALSE(root.member("g")->integer());
  EXPECT_FALSE(root.has("n"));
  EXPECT_FALSE(root.member("f")->string());
  EXPECT_FALSE(root.member("a")->boolean());
  EXPECT_FALSE(root.member("f")->object());
  EXPECT_FALSE(items->front().member("x"));
  EXPECT_FALSE(items->front().has("x"));
}

TEST(JsonView, TakesWholeNumbersAsIntegers) {
  auto integer = [](const char* text) { return JsonDocument::parse(text)->root(ErrorCode::kShardSize).integer(); };
  EXPECT_EQ(integer("-7"), -7);
  EXPECT_EQ(integer("1e3"), 1000);
  EXPECT_EQ(integer("9007199254740992.0"), 9007199254740992);
  for (const char* text : {"9007199254740994.0", "1e300", "0.5", "\"1\"", "true", "null"})
    EXPECT_FALSE(integer(text)) << text;
}

TEST(JsonView, KnowsAbsentFromNull) {
  const auto document = JsonDocument::parse(R"({"n":null})");
  const JsonView root = document->root(ErrorCode::kBundleMalformed);
  EXPECT_TRUE(root.find("n"));
  EXPECT_TRUE(root.member("n"));
  EXPECT_FALSE(root.has("n"));
  EXPECT_FALSE(root.find("m"));
  EXPECT_FALSE(root.find("n")->find("m"));
}

TEST(JsonView, FindsAPathAmongEqualValues) {
  const auto document = JsonDocument::parse(R"([{"a":1,"b":[1,1]},{"a":1,"b":[1,{"c":1}]}])");
  const JsonView second = *++document->root(ErrorCode::kInternal).array()->begin();
  EXPECT_EQ(second.path(), "[1]");
  EXPECT_EQ(second.member("a")->path(), "[1].a");
  EXPECT_EQ((*++second.member("b")->array()->begin()).member("c")->path(), "[1].b[1].c");
  EXPECT_EQ(document->root(ErrorCode::kInternal).path(), "");
}

TEST(JsonView, OutlivesAMoveOfItsDocument) {
  JsonDocument document = *JsonDocument::parse(R"({"a":"x"})");
  const JsonView root = document.root(ErrorCode::kInternal);
  const JsonDocument moved = std::move(document);
  EXPECT_EQ(*root.member("a")->string(), "x");
}

TEST(JsonView, RefusesUnknownMembers) {
  const auto document = JsonDocument::parse(R"({"a":1,"b":2})");
  const JsonView root = document->root(ErrorCode::kDigestsMalformed);
  EXPECT_TRUE(root.only({"b", "a", "c"}));
  EXPECT_EQ(code_name(root.only({"a"}).error().code), "digests-malformed");
  EXPECT_FALSE(root.member("a")->only({}));
}

TEST(JsonItems, IteratesInOrder) {
  const auto document = JsonDocument::parse(R"([7,[],"x",{"a":[1]},9])");
  auto items = document->root(ErrorCode::kBundleMalformed).array();
  ASSERT_TRUE(items);
  EXPECT_EQ(items->size(), 5U);
  std::string seen;
  for (const JsonView& item : *items) seen += item.path() + "=" + write_json(item.json()) + " ";
  EXPECT_EQ(seen, R"([0]=7 [1]=[] [2]="x" [3]={"a":[1]} [4]=9 )");
  const auto none = JsonDocument::parse("[]");
  EXPECT_TRUE(none->root(ErrorCode::kBundleMalformed).array()->empty());
}

TEST(JsonMembers, IteratesInTheOrderOfTheText) {
  const auto document = JsonDocument::parse(R"({"z":{"y":1},"a":2,"\u0041":3})");
  auto members = document->root(ErrorCode::kBundleMalformed).object();
  ASSERT_TRUE(members);
  EXPECT_EQ(members->size(), 3U);
  std::string seen;
  for (const auto& [key, value] : *members) seen += std::string(key) + "=" + write_json(value.json()) + " ";
  EXPECT_EQ(seen, R"(z={"y":1} a=2 A=3 )");
}

}  // namespace
}  // namespace weightmark
