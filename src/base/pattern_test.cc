#include "base/pattern.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

bool matches(const char* pattern, std::string_view text) { return Pattern::parse(pattern).value().matches(text); }

TEST(Pattern, MatchesTheWholeText) {
  EXPECT_TRUE(matches("https://github.com/acme/.*", "https://github.com/acme/model"));
  EXPECT_FALSE(matches("https://github.com/acme/.*", "https://evil.example/https://github.com/acme/model"));
  EXPECT_FALSE(matches("alice@example\\.com", "alice@example.com.evil"));
  EXPECT_FALSE(matches("alice@example\\.com", "alice@examplexcom"));
  EXPECT_FALSE(matches("a|b", "ax")) << "each branch is anchored";
  EXPECT_FALSE(matches("a|b", "xb"));
  EXPECT_TRUE(matches("a|b", "b"));
}

TEST(Pattern, TakesTheLongestBranch) {
  EXPECT_TRUE(matches("a|ab|abc", "abc"));
  EXPECT_FALSE(matches("a|ab", "abc"));
  EXPECT_FALSE(Pattern::parse("a)|(b").value_or(*Pattern::parse("x")).matches("aEVIL")) << "brackets of its own";
}

TEST(Pattern, IsNotFooledByLineEndsOrNuls) {
  EXPECT_FALSE(matches("good", "good\nevil"));
  EXPECT_FALSE(matches("good", "evil\ngood"));
  EXPECT_FALSE(matches("good", std::string_view("good\0evil", 9)));
  EXPECT_FALSE(matches("good.*", std::string_view("good\0evil", 9)));
}

TEST(Pattern, RefusesWhatIsNoPattern) {
  for (const char* text : {"", "(", "[", "a{2,1}", "(a)\\1", "\\"}) {
    auto pattern = Pattern::parse(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_EQ(code_name(pattern.error().code), "pattern-syntax");
  }
  EXPECT_FALSE(Pattern::parse(std::string(5000, 'a')));
  EXPECT_TRUE(Pattern::parse("a\\\\1")) << "a backslash, then a digit";
}

TEST(Pattern, TakesLongTexts) {
  EXPECT_TRUE(matches("(a*)*b", std::string(20'000, 'a') + "b"));
  EXPECT_FALSE(matches("(a*)*b", std::string(20'000, 'a')));
}

}  // namespace
}  // namespace weightmark
