#include "model/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::as_nobody;
using testing::code_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::in_child;
using testing::TempFolder;
namespace fs = std::filesystem;

constexpr auto kRefuse = SymlinkPolicy::kRefuse;
constexpr auto kFollow = SymlinkPolicy::kFollow;

Result<Listing> list(const fs::path& model, SymlinkPolicy policy = kRefuse, const IgnoreSet& ignore = {}) {
  auto root = ModelRoot::open(model, policy);
  if (!root) return std::unexpected(root.error());
  return list_files(*root, ignore);
}

std::vector<std::string> names(const Result<Listing>& listing) {
  if (!listing) return {code_of(listing)};
  std::vector<std::string> names;
  for (const ListedFile& file : listing->files) names.push_back(file.name);
  return names;
}

TEST(ListFiles, ListsEveryRegularFileInByteOrder) {
  TempFolder temp;
  for (const char* name : {"b", "a/b", "a-b/x", "a.txt", "Z", ".hidden", ".dir/deep/.er", "empty"})
    temp.write(name, "");
  temp.folder("no/files/here");
  EXPECT_THAT(names(list(temp.path())),
              ElementsAre(".dir/deep/.er", ".hidden", "Z", "a-b/x", "a.txt", "a/b", "b", "empty"));
}

TEST(ListFiles, ListsNothingInAnEmptyModel) {
  TempFolder temp;
  temp.folder("sub");
  EXPECT_THAT(names(list(temp.path())), ElementsAre());
}

TEST(ListFiles, TakesOddNames) {
  TempFolder temp;
  std::string longest(255, 'n');
  for (const std::string& name : {std::string("new\nline"), std::string("模型"), std::string(" "), std::string("a:0:5"),
                                  std::string("back\\slash"), std::string("..."), longest})
    temp.write(name, "");
  EXPECT_THAT(names(list(temp.path())), ElementsAre(" ", "...", "a:0:5", "back\\slash", "new\nline", longest, "模型"));
}

TEST(ListFiles, RefusesNamesThatAreNotUtf8) {
  TempFolder temp;
  temp.write("model/bad\xFF", "");
  auto listing = list(temp / "model");
  ASSERT_EQ(code_of(listing), "name-utf8");
  EXPECT_EQ(listing.error().subject, "bad\\xff");
  EXPECT_EQ(code_of(list(temp / "model/bad\xFF")), "name-utf8") << "a model that is this file";
  temp.write("other/bad\xFF/ok", "");
  EXPECT_EQ(code_of(list(temp / "other")), "name-utf8") << "a folder";
}

TEST(ListFiles, RefusesNamesThatAreTooLong) {
  TempFolder temp;
  std::vector<std::string> parts(15, std::string(255, 'd'));
  parts.emplace_back(128, 'd');
  Fd folder = temp.chain(parts);
  testing::write_at(folder, std::string(127, 'f'), "");
  auto listing = list(temp.path());
  ASSERT_EQ(code_of(listing), "ok");
  EXPECT_EQ(listing->files.front().name.size(), 4096U);
  testing::write_at(folder, std::string(128, 'f'), "");
  EXPECT_EQ(code_of(list(temp.path())), "name-too-long");
}

TEST(ListFiles, RefusesSpecialFiles) {
  TempFolder temp;
  temp.fifo("a/fifo");
  temp.socket("b/socket");
  auto fifo = list(temp / "a");
  ASSERT_EQ(code_of(fifo), "special-fifo");
  EXPECT_EQ(fifo.error().subject, "fifo");
  EXPECT_EQ(code_of(list(temp / "b")), "special-socket");
  if (!temp.null_device("c/null")) GTEST_SKIP() << "making a device needs root";
  EXPECT_EQ(code_of(list(temp / "c")), "special-device");
}

TEST(ListFiles, RefusesFoldersThatMayNotBeRead) {
  TempFolder temp;
  fs::permissions(temp.path(), fs::perms(0755));
  fs::permissions(temp.folder("model/closed"), fs::perms::none);
  auto child = as_nobody([&] { return code_of(list(temp / "model")); });
  EXPECT_EQ(child.text, "file-unreadable");
}

TEST(ListFiles, DoesNotLookIntoWhatIsIgnored) {
  TempFolder temp;
  temp.write("w", "");
  temp.write("logs/today", "");
  temp.fifo("pipe");
  temp.link("link", "nowhere");
  temp.write("bad\xFF", "");
  auto listing = list(temp.path(), kRefuse, IgnoreSet({"logs", "pipe", "link", "bad\xFF"}));
  EXPECT_THAT(names(listing), ElementsAre("w"));
  EXPECT_THAT(listing->ignored, ElementsAre("bad\xFF", "link", "logs", "pipe"));
}

TEST(ListFiles, ListsASingleFileAlone) {
  TempFolder temp;
  temp.write("w", "123");
  temp.write("other", "");
  auto listing = list(temp / "w");
  EXPECT_THAT(names(listing), ElementsAre("w"));
  EXPECT_EQ(listing->files.front().identity.size, 3U);
}

TEST(ListFiles, RefusesLinksUnlessAllowed) {
  TempFolder temp;
  temp.write("real/w", "");
  temp.link("file", "real/w");
  auto listing = list(temp.path());
  ASSERT_EQ(code_of(listing), "symlink-refused");
  EXPECT_EQ(listing.error().subject, "file");
  temp.remove("file");
  temp.link("folder", "real");
  EXPECT_EQ(code_of(list(temp.path())), "symlink-refused");
}

TEST(ListFiles, FollowsLinksToFilesAndIntoFolders) {
  TempFolder temp;
  temp.write("real/w", "123");
  temp.link("file", "real/w");
  temp.link("folder", "real");
  auto listing = list(temp.path(), kFollow);
  EXPECT_THAT(names(listing), ElementsAre("file", "folder/w", "real/w"));
  EXPECT_EQ(listing->files[0].identity, listing->files[2].identity);
  EXPECT_TRUE(listing->warnings.empty());
}

TEST(ListFiles, ReportsBrokenLinks) {
  TempFolder temp;
  temp.write("w", "");
  for (const char* target : {"nowhere", "link", "w/below"}) {
    temp.link("link", target);
    EXPECT_EQ(code_of(list(temp.path(), kFollow)), "symlink-broken") << target;
    EXPECT_EQ(code_of(list(temp.path())), "symlink-refused") << target;
    temp.remove("link");
  }
}

TEST(ListFiles, ReportsSpecialFilesBehindLinks) {
  TempFolder temp;
  temp.fifo("fifo");
  temp.link("model/link", "../fifo");
  EXPECT_EQ(code_of(list(temp / "model", kFollow)), "special-fifo");
}

TEST(ListFiles, WarnsOfCycles) {
  TempFolder temp;
  temp.write("a/b/w", "");
  temp.link("a/b/up", "..");
  temp.link("self", ".");
  auto listing = list(temp.path(), kFollow);
  EXPECT_THAT(names(listing), ElementsAre("a/b/w"));
  EXPECT_THAT(listing->warnings, ElementsAre(HasSubstr("a/b/up: "), HasSubstr("self: ")));
}

TEST(ListFiles, WarnsOfLinksThatLeaveTheModel) {
  TempFolder temp;
  temp.write("outside/w", "");
  temp.write("model2/w", "");
  temp.link("model/file", "../outside/w");
  temp.link("model/folder", temp / "outside");
  temp.link("model/sibling", "../model2/w");
  temp.write("model/w", "");
  temp.link("model/inside", "../model/w");
  auto listing = list(temp / "model", kFollow);
  EXPECT_THAT(names(listing), ElementsAre("file", "folder/w", "inside", "sibling", "w"));
  EXPECT_EQ(listing->warnings.size(), 3U);
  EXPECT_THAT(listing->warnings, ::testing::Each(HasSubstr("leaves the model")));
}

// Every folder links twice to the next: 2^16 paths in sixteen folders. The kernel follows forty
// links in a path, and counts them again where it has to begin anew (as when a rename elsewhere
// disturbs it): no test can be sure of more than twenty.
TEST(ListFiles, BoundsWhatLinksCanMultiply) {
  TempFolder temp;
  for (int i = 0; i < 16; ++i)
    for (const char* name : {"a", "b"}) temp.link(std::to_string(i) + "/" + name, "../" + std::to_string(i + 1));
  temp.write("16/w", "");
  auto root = ModelRoot::open(temp / "0", kFollow);
  EXPECT_EQ(code_of(list_files(*root, {}, {}, 2000)), "too-many-files");
}

TEST(ListFiles, BoundsTheFiles) {
  TempFolder temp;
  for (const char* name : {"a", "b", "c/d", "ignored"}) temp.write(name, "");
  auto root = ModelRoot::open(temp.path(), kRefuse);
  IgnoreSet ignore({"ignored"});
  EXPECT_EQ(code_of(list_files(*root, ignore, {}, 5)), "ok");
  EXPECT_EQ(code_of(list_files(*root, ignore, {}, 4)), "too-many-files");
  EXPECT_EQ(code_of(list_files(*root, ignore, {}, 2)), "too-many-files") << "of one folder";
}

// Many entries are looked at by several threads.
TEST(ListFiles, ListsLargeFolders) {
  TempFolder temp(testing::memory_folder());
  constexpr std::size_t kFiles = 3000;
  for (std::size_t i = 0; i < kFiles; ++i) temp.write("d/" + std::to_string(i), std::string(i % 7, 'x'));
  auto root = ModelRoot::open(temp.path(), kRefuse);
  for (unsigned threads : {0U, 1U, 3U}) {
    auto listing = list_files(*root, {}, {.threads = threads});
    ASSERT_EQ(code_of(listing), "ok");
    ASSERT_EQ(listing->files.size(), kFiles);
    for (const ListedFile& file : listing->files)
      EXPECT_EQ(file.identity.size, std::stoul(file.name.substr(2)) % 7) << file.name;
  }
  temp.link("d/link", "0");
  EXPECT_EQ(code_of(list_files(*root, {})), "symlink-refused");
}

TEST(ListFiles, KeepsFewHandlesInDeepTrees) {
  TempFolder temp(testing::memory_folder());
  testing::write_at(temp.chain(std::vector<std::string>(1500, "d")), "w", "");
  auto child = in_child([&] {
    rlimit limit{32, 32};
    ::setrlimit(RLIMIT_NOFILE, &limit);
    std::string result;
    for (auto policy : {kRefuse, kFollow})
      result += std::to_string(names(list(temp.path(), policy)).front().size()) + " ";
    return result;
  });
  EXPECT_EQ(child.text, "3001 3001 ");
}

}  // namespace
}  // namespace weightmark
