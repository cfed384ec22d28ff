#include "train/links.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>

namespace weightmark {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Pair;

class LinkTrailTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "weightmark-links-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = fs::canonical(name);
    fs::create_directories(root_ / "a/b");
    std::ofstream(root_ / "a/b/file") << "x";
  }
  void TearDown() override { fs::remove_all(root_); }

  std::string at(const std::string& name) const { return (root_ / name).string(); }

  fs::path root_;
  LinkTrail trail_;
};

TEST_F(LinkTrailTest, FollowsAsTheKernelDoes) {
  fs::create_symlink("a/b", at("short"));
  fs::create_symlink(at("short") + "/../b", at("long"));
  const auto place = trail_.follow(root_ / "long/./file");
  ASSERT_TRUE(place) << describe(place.error());
  EXPECT_EQ(*place, at("a/b/file"));
  EXPECT_THAT(trail_.passed(), ElementsAre(Pair(at("long"), at("short") + "/../b"), Pair(at("short"), "a/b")));
}

TEST_F(LinkTrailTest, EndsAtTheRoot) {
  EXPECT_EQ(*trail_.follow("/"), "/");
  EXPECT_EQ(*trail_.follow("/../.."), "/");
}

TEST_F(LinkTrailTest, RefusesWhatLeadsNowhere) {
  fs::create_symlink("missing", at("dangling"));
  EXPECT_EQ(trail_.follow(at("dangling")).error().code, ErrorCode::kFileNotFound);
  fs::create_symlink("circle", at("circle"));
  EXPECT_EQ(trail_.follow(at("circle")).error().code, ErrorCode::kReadFailed);
}

TEST(LiesIn, ComparesWholeNames) {
  EXPECT_TRUE(lies_in("/a/b", "/a"));
  EXPECT_TRUE(lies_in("/a", "/a"));
  EXPECT_TRUE(lies_in("/a", "/"));
  EXPECT_FALSE(lies_in("/ab", "/a"));
  EXPECT_FALSE(lies_in("/a", "/a/b"));
}

}  // namespace
}  // namespace weightmark
