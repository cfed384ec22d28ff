#include "host/git_source.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/encoding.h"
#include "crypto/sha2.h"
#include "host/program.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

class GitSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!run_program({"git", "--version"}).value()) GTEST_SKIP() << "git is not installed";
    folder_.write("repo/train.py", "print(1)\n");
    folder_.write("repo/lib/util.py", "x = 1\n");
    folder_.write("repo/.gitignore", "ignored\n");
    folder_.link("repo/link", "train.py");
    git({"init", "-q", "-b", "main"});
    git({"remote", "add", "origin", "https://user:secret@host.example/acme/train"});
    commit();
  }

  std::string git(std::vector<std::string> words) const {
    words.insert(words.begin(), {"git", "-C", (folder_ / "repo").native(), "-c", "user.name=n", "-c", "user.email=e"});
    const auto answer = run_program(words);
    EXPECT_EQ((*answer)->status, 0) << (*answer)->errors;
    return (*answer)->output;
  }

  void commit() const {
    git({"add", "-A"});
    git({"commit", "-q", "-m", "m"});
  }

  SourceTree read() const {
    const auto source = read_git_source(folder_ / "repo", {});
    EXPECT_TRUE(source) << describe(source.error());
    return source.value_or(SourceTree());
  }

  testing::TempFolder folder_;
};

TEST_F(GitSourceTest, ReadsTheCommit) {
  const SourceTree source = read();
  EXPECT_EQ(source.commit + "\n", git({"rev-parse", "HEAD"}));
  EXPECT_EQ(source.ref, "refs/heads/main");
  EXPECT_EQ(source.repository, "https://host.example/acme/train");
  EXPECT_EQ(source.tracked, (std::vector<std::string>{".gitignore", "lib/util.py", "link", "train.py"}));
  EXPECT_FALSE(source.dirty());
  EXPECT_TRUE(source.tracks("lib/util.py"));
}

TEST_F(GitSourceTest, NamesATagWhereNoBranchIsCheckedOut) {
  git({"tag", "v1"});
  git({"checkout", "-q", "--detach"});
  EXPECT_EQ(read().ref, "refs/tags/v1");
}

TEST_F(GitSourceTest, FindsWhatDiffers) {
  folder_.write("repo/lib/util.py", "x = 2\n");
  fs::remove(folder_ / "repo/link");
  folder_.link("repo/link", "lib/util.py");
  folder_.write("repo/extra.py", "y\n");
  folder_.write("repo/ignored", "z\n");
  EXPECT_EQ(read().changed, (std::vector<std::string>{"lib/util.py", "link"}));
  EXPECT_EQ(read().untracked, std::vector<std::string>{"extra.py"});
}

TEST_F(GitSourceTest, FindsWhatIsStagedAndPutBack) {
  folder_.write("repo/train.py", "print(2)\n");
  git({"add", "-A"});
  folder_.write("repo/train.py", "print(1)\n");
  EXPECT_EQ(read().changed, std::vector<std::string>{"train.py"});
}

// The size and the times may be those of the index.
TEST_F(GitSourceTest, ComparesContents) {
  const fs::path file = folder_ / "repo/train.py";
  const auto time = fs::last_write_time(file);
  folder_.write("repo/train.py", "print(2)\n");
  fs::last_write_time(file, time);
  EXPECT_TRUE(read().dirty());
}

TEST_F(GitSourceTest, KnowsPointersOfLfs) {
  const std::string content = "large\n";
  folder_.write("repo/weights.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                                        to_hex(sha2(Sha2::k256, as_bytes(content))) + "\nsize 6\n");
  commit();
  folder_.write("repo/weights.bin", content);
  EXPECT_FALSE(read().dirty());
  folder_.write("repo/weights.bin", "other\n");
  EXPECT_TRUE(read().dirty());
}

TEST_F(GitSourceTest, RunsNothingThatTheRepositoryNames) {
  const std::string trap = "touch " + (folder_ / "sprung").native();
  folder_.write("repo/.gitattributes", "* filter=trap diff=trap\n");
  commit();
  git({"config", "filter.trap.clean", trap});
  git({"config", "filter.trap.smudge", trap});
  git({"config", "filter.trap.process", trap});
  git({"config", "diff.trap.textconv", trap});
  git({"config", "core.fsmonitor", trap});
  git({"config", "core.sshCommand", trap});
  git({"config", "core.pager", trap});
  git({"config", "alias.ls-files", "!" + trap});
  folder_.write("hook", "#!/bin/sh\n" + trap + "\n");
  fs::permissions(folder_ / "hook", fs::perms::owner_all);
  git({"config", "core.hooksPath", folder_.path().native()});
  folder_.write("repo/train.py", "print(3)\n");
  EXPECT_EQ(read().changed, std::vector<std::string>{"train.py"});
  EXPECT_FALSE(fs::exists(folder_ / "sprung"));
}

TEST_F(GitSourceTest, CannotTellOfADamagedRepository) {
  folder_.write("repo/.git/HEAD", "ref: refs/heads/none\n");
  const auto source = read_git_source(folder_ / "repo", {});
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::kTrainingSource);
}

TEST_F(GitSourceTest, FindsTheInnermostCheckout) {
  EXPECT_EQ(git_root(folder_ / "repo/lib"), folder_ / "repo");
  EXPECT_FALSE(git_root(folder_.path()));
}

}  // namespace
}  // namespace weightmark
