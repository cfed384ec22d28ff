#include "verify/provenance_source.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(ParseSource, HasOneSpelling) {
  EXPECT_EQ(parse_source("git+https://github.com/a/b@refs/heads/x"),
            (ProvenanceSource{"https://github.com/a/b", "refs/heads/x", ""}));
  EXPECT_EQ(parse_source("github.com/a/b.git"), (ProvenanceSource{"https://github.com/a/b", "", ""}));
  EXPECT_EQ(parse_source("git+ssh://git@host/a/b.git@v1"), (ProvenanceSource{"ssh://git@host/a/b", "v1", ""}));
  EXPECT_EQ(parse_source("gs://bucket/source.tgz"), (ProvenanceSource{"gs://bucket/source.tgz", "", ""}));
  EXPECT_EQ(parse_source(""), (ProvenanceSource{"", "", ""}));
}

TEST(References, HaveNames) {
  EXPECT_EQ(branch_of("refs/heads/a/b"), "a/b");
  EXPECT_EQ(branch_of("refs/tags/a"), "");
  EXPECT_EQ(tag_of("refs/tags/v1"), "v1");
  EXPECT_EQ(tag_of("v1"), "");
}

TEST(IsRelease, TakesThreeNumbersAndNothingElse) {
  EXPECT_TRUE(is_release("refs/tags/v1.20.300"));
  for (const char* ref : {"", "v1.2.3", "refs/heads/v1.2.3", "refs/tags/1.2.3", "refs/tags/v1.2", "refs/tags/v1.2.3.4",
                          "refs/tags/v1.2.3-a", "refs/tags/v1.2.3+a", "refs/tags/v01.2.3", "refs/tags/v1.2.x",
                          "refs/tags/v1..3", "refs/tags/v1.2.3 "})
    EXPECT_FALSE(is_release(ref)) << ref;
}

TEST(MatchesVersion, TakesWhatIsLeftOut) {
  struct Row {
    const char* tag;
    const char* expected;
    bool matches;
  };
  for (const Row& row : {Row{"v1.2.3", "v1", true},
                         {"v1.2.3", "v1.2", true},
                         {"v1.2.3", "v1.2.3", true},
                         {"v1.2.3+build", "v1.2.3", true},
                         {"v1.2.3-rc", "v1.2.3-rc", true},
                         {"v14", "v14.0", true},
                         {"v14", "v14.0.0", true},
                         {"v14", "v14.1", false},
                         {"v1.2.3", "v1.2.4", false},
                         {"v1.2.3", "v1.20", false},
                         {"v1.2.3", "v2", false},
                         {"v1.2.3-rc", "v1.2.3", false},
                         {"v1.2.3", "v1.2.3-rc", false},
                         {"", "v1", false},
                         {"1.2.3", "v1", false}})
    EXPECT_EQ(matches_version(row.tag, row.expected).value(), row.matches) << row.tag << " " << row.expected;
  for (const char* expected : {"1", "v", "main", "v1.2.3-", "v1-rc", "v1.2.3_"})
    EXPECT_FALSE(matches_version("v1.2.3", expected).has_value()) << expected;
}

TEST(SplitBuilder, TakesOneAt) {
  EXPECT_EQ(split_builder("a@b").value().ref, "b");
  EXPECT_EQ(split_builder("a").value().ref, "");
  for (const char* id : {"", "@b", "a@", "a@b@c"})
    EXPECT_EQ(split_builder(id).error().code, ErrorCode::kProvenanceMalformed) << id;
}

}  // namespace
}  // namespace weightmark
