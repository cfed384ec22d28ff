#include "model/ignore.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(IgnoreSet, MatchesAnEntryAndAllBelowIt) {
  IgnoreSet ignores({"logs", "a/b"});
  EXPECT_TRUE(ignores.matches("logs"));
  EXPECT_TRUE(ignores.matches("logs/today/1"));
  EXPECT_TRUE(ignores.matches("a/b"));
  EXPECT_TRUE(ignores.matches("a/b/c"));
}

TEST(IgnoreSet, IsAnchoredAtTheRootAndKeepsWholeComponents) {
  IgnoreSet ignores({".git", "a/b"});
  EXPECT_FALSE(ignores.matches("sub/.git/x"));
  EXPECT_FALSE(ignores.matches(".gitx"));
  EXPECT_FALSE(ignores.matches("a"));
  EXPECT_FALSE(ignores.matches("a/bc"));
  EXPECT_FALSE(ignores.matches("b"));
}

TEST(IgnoreSet, HasNoPatterns) {
  IgnoreSet ignores({"*.bin"});
  EXPECT_FALSE(ignores.matches("w.bin"));
  EXPECT_TRUE(ignores.matches("*.bin"));
}

TEST(IgnoreSet, SortsAndKeepsEachPathOnce) {
  IgnoreSet ignores({"b", "a", "b"});
  ignores.add("a");
  ignores.add("aa");
  EXPECT_EQ(ignores.paths(), (std::vector<std::string>{"a", "aa", "b"}));
}

TEST(IgnoreSet, MatchesNothingWhenEmpty) {
  IgnoreSet ignores;
  EXPECT_FALSE(ignores.matches("a"));
  EXPECT_FALSE(ignores.matches(""));
}

}  // namespace
}  // namespace weightmark
