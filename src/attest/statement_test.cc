#include "attest/statement.h"

#include <gtest/gtest.h>

#include "weightmark/manifest.h"

namespace weightmark {
namespace {

std::string code_of(std::string_view json) {
  auto statement = parse_statement(json);
  return statement ? "" : std::string(code_name(statement.error().code));
}

// make puts the parts of a statement together; each is JSON or "" to leave it out.
std::string make(std::string_view type, std::string_view subject, std::string_view predicate_type,
                 std::string_view predicate) {
  std::string json = "{";
  auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty())
      json += std::string(json.size() > 1 ? "," : "") + "\"" + std::string(key) + "\":" + std::string(value);
  };
  add("_type", type);
  add("subject", subject);
  add("predicateType", predicate_type);
  add("predicate", predicate);
  return json + "}";
}

constexpr std::string_view kType = R"("https://in-toto.io/Statement/v1")";
constexpr std::string_view kSubject = R"([{"name":"m","digest":{"sha256":"00"}}])";

TEST(ParseStatement, TakesWhatInTotoAllows) {
  EXPECT_EQ(code_of(make(kType, kSubject, R"("t")", "{}")), "");
  EXPECT_EQ(code_of(make(kType, R"([{"digest":{"a":"1"},"uri":"x"}])", R"("t")", R"({"x":1})")), "");
}

TEST(ParseStatement, RefusesByCode) {
  EXPECT_EQ(code_of(make(R"("https://in-toto.io/Statement/v0.1")", kSubject, R"("t")", "{}")), "statement-type");
  EXPECT_EQ(code_of(make("", kSubject, R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make("1", kSubject, R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, "", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, "[]", R"("t")", "{}")), "subject-missing");
  EXPECT_EQ(code_of(make(kType, "{}", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, R"([{"name":"m","digest":{}}])", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, R"([{"name":"m"}])", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, R"([{"name":1,"digest":{"a":"b"}}])", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, R"([{"name":"m","digest":{"sha256":""}}])", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, R"([{"name":"m","digest":{"sha256":7}}])", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, R"([{"name":"m","digest":["sha256"]}])", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, "[7]", R"("t")", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, kSubject, "7", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, kSubject, R"("t")", "null")), "statement-malformed");
  EXPECT_EQ(code_of("[]"), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, kSubject, R"("t")", R"({"a":1,"a":2})")), "json-duplicate-key");
  EXPECT_EQ(code_of(make(kType, kSubject, R"("t")", "{}") + "x"), "json-trailing");
  EXPECT_EQ(code_of(make(kType, kSubject, "", "{}")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, kSubject, R"("t")", "")), "statement-malformed");
  EXPECT_EQ(code_of(make(kType, kSubject, R"("t")", "[]")), "statement-malformed");
  EXPECT_EQ(code_of("["), "json-truncated");
}

TEST(ParseStatement, BoundsTheNumberOfSubjects) {
  std::string subjects = "[0";
  for (std::size_t i = 0; i < kMaxFiles; ++i) subjects += ",0";
  EXPECT_EQ(code_of(make(kType, subjects + "]", R"("t")", "{}")), "too-many-files");
}

TEST(ParseStatement, QuotesOnlyTheStartOfAType) {
  auto statement = parse_statement(make('"' + std::string(100'000, 'x') + '"', kSubject, R"("t")", "{}"));
  ASSERT_FALSE(statement);
  EXPECT_LT(statement.error().what.size(), 400U);
}

TEST(ParseStatement, KeepsWhatItRead) {
  auto statement = parse_statement(make(kType, kSubject, R"("t")", R"({"x":[1]})"));
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->subjects.front().name, "m");
  EXPECT_EQ(statement->subjects.front().digest("sha256"), "00");
  EXPECT_EQ(statement->subjects.front().digest("sha512"), "");
  EXPECT_EQ(statement->predicate_type, "t");
  EXPECT_EQ(write_json(statement->predicate().json()), R"({"x":[1]})");
}

TEST(WriteStatement, IsDeterministic) {
  const std::vector<Subject> subjects = {{"m", {{"sha256", "00"}, {"b", "11"}}}};
  const std::string written =
      write_statement(subjects, "t", [](JsonWriter& writer) { writer.value(Json::object({{"z", 1}, {"a", "b"}})); });
  EXPECT_EQ(written, R"({"_type":"https://in-toto.io/Statement/v1","predicate":{"a":"b","z":1},"predicateType":"t",)"
                     R"("subject":[{"digest":{"b":"11","sha256":"00"},"name":"m"}]})");
  auto again = parse_statement(written);
  ASSERT_TRUE(again);
  auto predicate = [&](JsonWriter& writer) { writer.value(again->predicate().json()); };
  EXPECT_EQ(write_statement(again->subjects, again->predicate_type, predicate), written);
}

}  // namespace
}  // namespace weightmark
