#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
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
      {"nul", "json-truncated"},
      {"{\"a\":1,}", "json-syntax"},
      {"{'a':1}", "json-syntax"},
      {"// no\n1", "json-syntax"},
      {"01", "json-trailing"},
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

TEST(WriteJson, IsCanonical) {
  auto json = parse_json(R"( { "b" : [ 1 , true , null ] , "a" : "\u00e9\u0001\/\"\\\t" } )");
  ASSERT_TRUE(json);
  EXPECT_EQ(write_json(*json), "{\"a\":\"\xC3\xA9\\u0001/\\\"\\\\\\t\",\"b\":[1,true,null]}");
  EXPECT_EQ(write_json(*parse_json(write_json(*json))), write_json(*json));
}

TEST(WriteJson, IsReadBackAsTheSameValue) {
  for (const char* text : {"-0.0", "-0", "1.0", "1e10", "1e16", "1e300", "5e-324", "0.1", "1.7976931348623157e308",
                           "9007199254740993.0", "9223372036854775807", R"("\u0000\u007f\u2028\ud83d\ude00")"}) {
    auto json = parse_json(text);
    ASSERT_TRUE(json) << text;
    auto again = parse_json(write_json(*json));
    ASSERT_TRUE(again) << write_json(*json);
    EXPECT_EQ(*again, *json) << text;
    EXPECT_EQ(write_json(*again), write_json(*json));
  }
  EXPECT_EQ(write_json(*parse_json("10.0")), "10.0");
  EXPECT_EQ(write_json(*parse_json("0.5")), "0.5");
}

TEST(WriteJson, HasNoWordForWhatIsNoNumber) {
  for (double value : {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
    EXPECT_EQ(write_json(Json(value)), "null");
}

TEST(WriteJson, IndentsForPeople) {
  EXPECT_EQ(write_json_indented(Json::object({{"a", JsonArray{1, 2}}, {"b", JsonArray{}}})),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}\n");
}

TEST(JsonView, NamesTheField) {
  Json json = *parse_json(R"({"a":{"b":[1,"x"]},"f":1000000000.0,"g":1.5,"n":null})");
  JsonView root(json, ErrorCode::kBundleMalformed);
  auto items = root.member("a")->member("b")->array();
  ASSERT_TRUE(items);
  auto wrong = (*items)[1].integer();
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
  EXPECT_FALSE((*items)[0].member("x"));
  EXPECT_FALSE((*items)[0].has("x"));
}

TEST(JsonView, TakesWholeNumbersAsIntegers) {
  auto integer = [](const char* text) {
    Json json = *parse_json(text);
    return JsonView(json, ErrorCode::kShardSize).integer();
  };
  EXPECT_EQ(integer("-7"), -7);
  EXPECT_EQ(integer("1e3"), 1000);
  EXPECT_EQ(integer("9007199254740992.0"), 9007199254740992);
  for (const char* text : {"9007199254740994.0", "1e300", "0.5", "\"1\"", "true", "null"})
    EXPECT_FALSE(integer(text)) << text;
}

TEST(JsonItems, MakesViewsOnTheWay) {
  Json json = *parse_json("[7,8,9]");
  auto items = JsonView(json, ErrorCode::kBundleMalformed, "list").array();
  ASSERT_TRUE(items);
  EXPECT_EQ(items->size(), 3U);
  std::string seen;
  for (const JsonView& item : *items) seen += item.path() + "=" + std::to_string(*item.integer()) + " ";
  EXPECT_EQ(seen, "list[0]=7 list[1]=8 list[2]=9 ");
  Json none = *parse_json("[]");
  EXPECT_TRUE(JsonView(none, ErrorCode::kBundleMalformed).array()->empty());
}

}  // namespace
}  // namespace weightmark
