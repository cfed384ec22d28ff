// What is observed in tier A: which files, and that none is missing.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include "train/confinement_testing.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::UnorderedElementsAreArray;

class ObserverTest : public ConfinementTest {
 protected:
  void SetUp() override {
    ConfinementTest::SetUp();
    want(Person::kRoot);
  }

  // opened_beside is what a run opened more than one that does nothing.
  std::vector<std::string> opened_beside(const std::vector<std::string>& words) {
    const std::vector<std::string> nothing = run(Person::kRoot, probe({"opens"})).paths();
    last_ = run(Person::kRoot, probe(words));
    std::vector<std::string> out;
    std::ranges::set_difference(last_.paths(), nothing, std::back_inserter(out));
    return out;
  }

  std::string in(const std::string& name) const { return at("in/" + name).string(); }

  CommandOutcome last_;
};

TEST_F(ObserverTest, ListsTheProgramItsLoaderAndItsLibraries) {
  const CommandOutcome outcome = run(Person::kRoot, probe({"opens"}));
  EXPECT_THAT(outcome.paths(), Contains(at("bin/probe").string()));
  EXPECT_THAT(outcome.paths(), Contains(HasSubstr("libc.so.6")));
  const auto loader = std::ranges::find_if(outcome.run.opened, [](const auto& f) { return f.path.contains("/ld-"); });
  ASSERT_NE(loader, outcome.run.opened.end());
  EXPECT_TRUE(loader->executed);
  EXPECT_TRUE(std::ranges::is_sorted(outcome.paths()));
}

TEST_F(ObserverTest, ListsExactlyTheFilesThatWereOpened) {
  for (const char* name : {"b", "c", "d", "e", "untouched"}) std::ofstream(at(std::string("in/") + name)) << name;
  fs::create_directory(at("in/sub"));
  std::ofstream(at("in/sub/f")) << "f";
  fs::create_symlink("sub/f", at("in/link"));
  std::ofstream(at("out/old")) << "old";
  EXPECT_THAT(opened_beside({"opens", "read:" + in("a"), "child:" + in("b"), "map:" + in("c"),
                             "cd:" + at("in/sub").string(), "read:../d", "read:" + in("link"), "read:" + in("missing"),
                             "write:" + at("out/new").string(), "read:" + at("out/old").string(),
                             "read:" + at("secret").string(), "write:/tmp/own", "write:/dev/shm/own", "read:/dev/zero",
                             "read:/proc/self/status", "read:/sys", "read:" + in("sub")}),
              UnorderedElementsAreArray(
                  {in("a"), in("b"), in("c"), in("d"), in("sub/f"), at("out/new").string(), at("out/old").string()}));
  EXPECT_TRUE(last_.run.facts.complete) << testing::PrintToString(last_.run.facts.incomplete);
}

TEST_F(ObserverTest, TellsTheInode) {
  const CommandOutcome outcome = run(Person::kRoot, probe({"opens", "read:" + in("a")}));
  struct stat status{};
  ASSERT_EQ(::stat(in("a").c_str(), &status), 0);
  const auto file = std::ranges::find(outcome.run.opened, in("a"), &OpenedFile::path);
  ASSERT_NE(file, outcome.run.opened.end());
  EXPECT_EQ(file->inode, status.st_ino);
  EXPECT_FALSE(file->executed);
}

TEST_F(ObserverTest, ListsAFileThatIsRun) {
  std::ofstream(at("in/script")) << "#!/bin/sh\nexit 0\n";
  fs::permissions(at("in/script"), fs::perms(0755));
  EXPECT_THAT(opened_beside({"opens", "exec:" + in("script")}),
              IsSupersetOf({in("script"), std::string("/usr/bin/dash")}));
  EXPECT_TRUE(std::ranges::find(last_.run.opened, in("script"), &OpenedFile::path)->executed);
}

// The same file by another name, on another mount of the same file system.
TEST_F(ObserverTest, ListsAHardLinkByTheNameThatWasOpened) {
  fs::create_directory(at("other"));
  fs::create_hard_link(at("in/a"), at("other/link"));
  confinement_.inputs.push_back(at("other"));
  EXPECT_THAT(opened_beside({"opens", "read:" + at("other/link").string()}), ElementsAre(at("other/link").string()));
}

TEST_F(ObserverTest, ListsASingleFileThatIsAnInput) {
  confinement_.inputs = {at("secret")};
  EXPECT_THAT(opened_beside({"opens", "read:" + at("secret").string()}), ElementsAre(at("secret").string()));
}

// What is written may be renamed and removed at once.
TEST_F(ObserverTest, ListsAnOutputThatIsThereNoMore) {
  const CommandOutcome outcome =
      run(Person::kRoot, {"sh", "-c", "mkdir $0/d; echo x > $0/d/f; rm -r $0/d", at("out").string()});
  EXPECT_THAT(outcome.paths(), Contains(at("out/d/f").string()));
  EXPECT_TRUE(outcome.run.facts.complete);
}

TEST_F(ObserverTest, LosesNothingOfManyOpens) {
  constexpr int kFiles = 3000;
  fs::create_directory(at("in/many"));
  for (int i = 0; i < kFiles; ++i) std::ofstream(at("in/many/" + std::to_string(i))) << i;
  const CommandOutcome outcome = run(Person::kRoot, {"sh", "-c", "cat $0/many/* > /dev/null", at("in").string()});
  const auto many =
      std::ranges::count_if(outcome.run.opened, [](const auto& f) { return f.path.contains("/in/many/"); });
  EXPECT_EQ(many, kFiles);
  EXPECT_EQ(outcome.run.facts.dropped_events, 0U);
  EXPECT_TRUE(outcome.run.facts.complete);
}

TEST_F(ObserverTest, IsNotCompleteWithAnOpenNetwork) {
  confinement_.network = true;
  const CommandOutcome outcome = run(Person::kRoot, {"true"});
  EXPECT_THAT(outcome.run.facts.incomplete, ElementsAre(HasSubstr("network")));
  EXPECT_THAT(outcome.paths(), Contains(std::string("/usr/bin/true")));
}

TEST_F(ObserverTest, IsNotCompleteWithASocketInAnInput) {
  const Fd socket = listen_at(at("in/socket").string());
  ASSERT_TRUE(socket);
  const CommandOutcome outcome = run(Person::kRoot, {"true"});
  EXPECT_THAT(outcome.run.facts.incomplete, ElementsAre(HasSubstr("in/socket")));
}

TEST_F(ObserverTest, IsNotCompleteWithAFileThatWasOpenedBefore) {
  before_ = [this] { ::dup2(::open(at("secret").c_str(), O_RDONLY), STDIN_FILENO); };
  confinement_.environment.emplace_back("STDIN=kept");
  const CommandOutcome outcome = run(Person::kRoot, {"cat"});
  EXPECT_EQ(outcome.output, "secret\n");
  EXPECT_THAT(outcome.run.facts.incomplete, ElementsAre(HasSubstr("standard input is a file")));
}

}  // namespace
}  // namespace weightmark
