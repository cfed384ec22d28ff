#include "trust/path_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace weightmark::tuf {
namespace {

TEST(PathPattern, MatchesWithinOneComponent) {
  EXPECT_TRUE(matches("a/b", "a/b"));
  EXPECT_TRUE(matches("*", "README.md"));
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*.tgz", "a.b.tgz"));
  EXPECT_TRUE(matches("releases/*/*", "releases/x/x_v1"));
  EXPECT_TRUE(matches("foo-?.tgz", "foo-1.tgz"));
  EXPECT_TRUE(matches("*a*b*", "xxaxxaxxb"));
  EXPECT_FALSE(matches("*", "a/b"));
  EXPECT_FALSE(matches("a*b", "a/b"));
  EXPECT_FALSE(matches("a?b", "a/b"));
  EXPECT_FALSE(matches("*.tgz", "a/b.tgz"));
  EXPECT_FALSE(matches("*/b", "a/c/b"));
  EXPECT_FALSE(matches("foo-?.tgz", "foo-alpha.tgz"));
  EXPECT_FALSE(matches("README.md", "README.MD"));
  EXPECT_FALSE(matches("a", "ab"));
  EXPECT_FALSE(matches("ab", "a"));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_FALSE(matches("a/*", "a"));
}

TEST(PathPattern, KnowsSets) {
  EXPECT_TRUE(matches("v[0-9a].x", "v7.x"));
  EXPECT_TRUE(matches("v[0-9a].x", "va.x"));
  EXPECT_TRUE(matches("[]x]", "]"));
  EXPECT_TRUE(matches("[a-]", "-"));
  EXPECT_TRUE(matches("*[!0-9]", "12c"));
  EXPECT_TRUE(matches("a[", "a["));
  EXPECT_FALSE(matches("v[0-9a].x", "vb.x"));
  EXPECT_FALSE(matches("[!0-9]", "5"));
  EXPECT_FALSE(matches("a[!b]c", "a/c"));
  EXPECT_FALSE(matches("a[.-0]c", "a/c"));
}

TEST(PathPattern, TakesNoLongerThanTheProductOfBothLengths) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", std::string(10000, 'a')));
}

}  // namespace
}  // namespace weightmark::tuf
