#include "verify/distinct_signers.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

std::size_t count(const std::vector<SignedBy>& signatures) { return count_distinct(signatures).size(); }

TEST(CountDistinct, CountsPrincipals) {
  EXPECT_EQ(count({}), 0U);
  EXPECT_EQ(count({{{"a"}, {0}}}), 1U);
  EXPECT_EQ(count({{{"a"}, {0}}, {{"b"}, {1}}}), 2U);
}

TEST(CountDistinct, CountsAPrincipalOnce) { EXPECT_EQ(count({{{"a"}, {0}}, {{"b"}, {0}}}), 1U); }

TEST(CountDistinct, CountsAPersonOnce) {
  EXPECT_EQ(count({{{"a"}, {0, 1}}}), 1U);
  EXPECT_EQ(count({{{"a"}, {0}}, {{"a"}, {1}}}), 1U);
  EXPECT_EQ(count({{{"a"}, {0}}, {{"b"}, {1}}, {{"a", "b"}, {2}}}), 1U);
}

// Whoever could be either leaves the place to whom it alone is open.
TEST(CountDistinct, FindsTheMost) {
  EXPECT_EQ(count({{{"a"}, {0, 1}}, {{"b"}, {0}}}), 2U);
  EXPECT_EQ(count({{{"a"}, {0, 1}}, {{"b"}, {0, 1}}, {{"c"}, {0, 2}}}), 3U);
  EXPECT_EQ(count({{{"a"}, {0, 1}}, {{"b"}, {0, 1}}, {{"c"}, {0, 1}}}), 2U);
}

TEST(CountDistinct, NamesTheSignatures) {
  const auto counted = count_distinct({{{"a"}, {7}}, {{"x"}, {}}, {{"b"}, {3}}, {{"b"}, {3}}});
  ASSERT_EQ(counted.size(), 2U);
  EXPECT_EQ(counted[0].principal, 7U);
  EXPECT_EQ(counted[0].signature, 0U);
  EXPECT_EQ(counted[1].principal, 3U);
  EXPECT_EQ(counted[1].signature, 2U);
}

}  // namespace
}  // namespace weightmark
