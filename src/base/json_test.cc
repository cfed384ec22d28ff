#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "base/json_document.h"

namespace weightmark {
namespace {

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

TEST(JsonWriter, WritesPieceByPieceWhatAValueWouldBe) {
  const Json inner = Json::object({{"x", JsonArray{1, "two", Json()}}, {"y", Json::object({})}});
  for (auto layout : {JsonWriter::Layout::kCompact, JsonWriter::Layout::kIndented}) {
    JsonWriter pieces(layout);
    pieces.begin_object();
    pieces.key("a");
    pieces.begin_array();
    pieces.value(1);
    pieces.begin_object();
    pieces.end_object();
    pieces.string("q\"\n");
    pieces.value(inner);
    pieces.end_array();
    pieces.key("b");
    pieces.begin_array();
    pieces.end_array();
    pieces.end_object();
    JsonWriter whole(layout);
    whole.value(Json::object({{"a", JsonArray{1, Json::object({}), "q\"\n", inner}}, {"b", JsonArray{}}}));
    EXPECT_EQ(std::move(pieces).take(), std::move(whole).take());
  }
}

TEST(WriteJson, IndentsForPeople) {
  EXPECT_EQ(write_json_indented(Json::object({{"a", JsonArray{1, 2}}, {"b", JsonArray{}}})),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}\n");
}

}  // namespace
}  // namespace weightmark
