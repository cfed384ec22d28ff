#include "train/source_tree.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(SourceTree, TakesCredentialsOutOfUrls) {
  EXPECT_EQ(without_credentials("https://user:secret@host.example/a/b"), "https://host.example/a/b");
  EXPECT_EQ(without_credentials("https://ghp_token@host.example/a"), "https://host.example/a");
  EXPECT_EQ(without_credentials("https://a:b@c:d@host.example/a"), "https://host.example/a");
  EXPECT_EQ(without_credentials("https://host.example/a?private_token=secret#x"), "https://host.example/a");
  EXPECT_EQ(without_credentials("ssh://git:secret@host.example/a"), "ssh://git@host.example/a");
  EXPECT_EQ(without_credentials("git@host.example:a/b.git"), "git@host.example:a/b.git");
  EXPECT_EQ(without_credentials("https://host.example/a@b"), "https://host.example/a@b");
  EXPECT_EQ(without_credentials("/srv/git/a"), "/srv/git/a");
  EXPECT_EQ(without_credentials(""), "");
}

TEST(SourceTree, NamesACommit) {
  SourceTree source;
  EXPECT_EQ(source_uri(source), "");
  source.repository = "https://host.example/a";
  source.commit = std::string(40, 'a');
  EXPECT_EQ(source_uri(source), "git+https://host.example/a@" + source.commit);
  source.ref = "refs/tags/v1";
  EXPECT_EQ(source_uri(source), "git+https://host.example/a@refs/tags/v1");
  source.repository = "git@host.example:a/b.git";
  EXPECT_EQ(source_uri(source), "git:git@host.example:a/b.git@refs/tags/v1");
}

}  // namespace
}  // namespace weightmark
