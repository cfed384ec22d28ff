#include "model/hub_cache.h"

#include <gtest/gtest.h>

#include "model/listing.h"
#include "model/model_testing.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

using testing::code_of;
using testing::TempFolder;
namespace fs = std::filesystem;

constexpr std::string_view kRepository = "models--org--name";

// Cache is a Hugging Face cache with one repository and one snapshot.
class HubCacheTest : public ::testing::Test {
 protected:
  HubCacheTest() {
    blob("b1", "weights");
    blob("b2", "config");
    link("w.bin", "../../blobs/b1");
    link("sub/config.json", "../../../blobs/b2");
  }

  fs::path repository() const { return temp_ / kRepository; }
  fs::path snapshot() const { return repository() / "snapshots/c0ffee"; }

  void blob(const std::string& name, std::string_view text) { temp_.write(repository() / "blobs" / name, text); }
  void link(const std::string& name, const fs::path& target) { temp_.link(snapshot() / name, target); }

  Result<OpenFile> open(std::string_view name, SymlinkPolicy policy = SymlinkPolicy::kRefuse) {
    auto root = ModelRoot::open(snapshot(), policy);
    if (!root) return std::unexpected(root.error());
    return root->open_file(name);
  }

  Result<Listing> list(const fs::path& model, SymlinkPolicy policy = SymlinkPolicy::kRefuse) {
    auto root = ModelRoot::open(model, policy);
    if (!root) return std::unexpected(root.error());
    return list_files(*root, {});
  }

  TempFolder temp_;
};

TEST_F(HubCacheTest, IsFoundAtAndBelowASnapshot) {
  temp_.folder(snapshot() / "sub");
  Fd at(::open(snapshot().c_str(), O_RDONLY | O_DIRECTORY));
  auto cache = HubCache::find(at.get(), snapshot());
  ASSERT_TRUE(cache);
  EXPECT_TRUE(cache->at_snapshot());
  EXPECT_EQ(cache->repository(), "org/name");
  Fd below(::open((snapshot() / "sub").c_str(), O_RDONLY | O_DIRECTORY));
  cache = HubCache::find(below.get(), snapshot() / "sub");
  ASSERT_TRUE(cache);
  EXPECT_FALSE(cache->at_snapshot());
  EXPECT_EQ(cache->blob_of("x", "../../../blobs/b"), "b");
}

TEST_F(HubCacheTest, IsNotFoundElsewhere) {
  for (const char* folder : {"models--a--b/snapshots", "models--a--b/other/rev", "data--a--b/snapshots/rev", "plain"}) {
    fs::path path = temp_.folder(folder);
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY));
    EXPECT_FALSE(HubCache::find(fd.get(), path)) << folder;
  }
}

TEST_F(HubCacheTest, NeedsARealBlobsFolder) {
  fs::path path = temp_.folder("models--a--b/snapshots/rev");
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY));
  EXPECT_FALSE(HubCache::find(fd.get(), path)) << "there is none";
  temp_.folder("elsewhere");
  temp_.link("models--a--b/blobs", "../elsewhere");
  EXPECT_FALSE(HubCache::find(fd.get(), path)) << "it is a link";
}

TEST_F(HubCacheTest, NamesRepositoriesWithAndWithoutAnOrganisation) {
  for (auto [folder, name] : {std::pair("models--gpt2", "gpt2"), std::pair("models--a--b-c", "a/b-c")}) {
    fs::path path = temp_.folder(fs::path(folder) / "snapshots/rev");
    temp_.folder(fs::path(folder) / "blobs");
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY));
    auto cache = HubCache::find(fd.get(), path);
    ASSERT_TRUE(cache) << folder;
    EXPECT_EQ(cache->repository(), name);
  }
}

TEST_F(HubCacheTest, OnlyOneSpellingOfALinkIsContent) {
  Fd fd(::open(snapshot().c_str(), O_RDONLY | O_DIRECTORY));
  auto cache = HubCache::find(fd.get(), snapshot());
  ASSERT_TRUE(cache);
  EXPECT_EQ(cache->blob_of("w", "../../blobs/b1"), "b1");
  EXPECT_EQ(cache->blob_of("a/b/w", "../../../../blobs/b1"), "b1");
  for (const char* target : {"../blobs/b1", "../../../blobs/b1", "../../blobs/", "../../blobs", "../../blobs/.",
                             "../../blobs/..", "../../blobs/a/b", "../../blobs/../x", "..//../blobs/b1",
                             "./../../blobs/b1", "/blobs/b1", "", "b1", "../../blobsx/b1"})
    EXPECT_FALSE(cache->blob_of("w", target)) << target;
}

TEST_F(HubCacheTest, LinksToBlobsAreContentUnderEitherPolicy) {
  for (auto policy : {SymlinkPolicy::kRefuse, SymlinkPolicy::kFollow}) {
    auto listing = list(snapshot(), policy);
    ASSERT_EQ(code_of(listing), "ok");
    ASSERT_EQ(listing->files.size(), 2U);
    EXPECT_EQ(listing->files[0].name, "sub/config.json");
    EXPECT_EQ(listing->files[1].name, "w.bin");
    EXPECT_EQ(listing->files[1].identity.size, 7U);
    EXPECT_TRUE(listing->warnings.empty());
  }
}

TEST_F(HubCacheTest, AFolderBelowASnapshotIsAModelToo) {
  auto listing = list(snapshot() / "sub");
  ASSERT_EQ(code_of(listing), "ok");
  EXPECT_EQ(listing->files.front().name, "config.json");
}

TEST_F(HubCacheTest, AFileOfASnapshotIsAModelToo) {
  auto root = ModelRoot::open(snapshot() / "w.bin", SymlinkPolicy::kRefuse);
  ASSERT_EQ(code_of(root), "ok");
  EXPECT_TRUE(root->is_file());
  EXPECT_EQ(root->default_name(), "w.bin");
}

TEST_F(HubCacheTest, LinksElsewhereFallUnderThePolicy) {
  temp_.write("secret", "s");
  link("elsewhere", "../../../secret");
  EXPECT_EQ(code_of(open("elsewhere")), "symlink-refused");
  EXPECT_EQ(code_of(list(snapshot())), "symlink-refused");
  EXPECT_EQ(code_of(open("elsewhere", SymlinkPolicy::kFollow)), "ok");
}

TEST_F(HubCacheTest, TooFewOrTooManyStepsUpAreRefused) {
  temp_.write(temp_ / "blobs/b1", "another repository's");
  link("few", "../blobs/b1");
  link("many", "../../../blobs/b1");
  EXPECT_EQ(code_of(open("few")), "symlink-refused");
  EXPECT_EQ(code_of(open("many")), "symlink-refused");
}

TEST_F(HubCacheTest, ABlobThatIsALinkIsRefused) {
  temp_.write("secret", "s");
  temp_.link(repository() / "blobs/b3", "../../secret");
  link("x", "../../blobs/b3");
  EXPECT_EQ(code_of(open("x")), "symlink-refused");
  EXPECT_EQ(code_of(open("x", SymlinkPolicy::kFollow)), "ok");
}

TEST_F(HubCacheTest, ABlobThatIsNoRegularFileIsRefused) {
  temp_.folder(repository() / "blobs/folder");
  temp_.fifo(repository() / "blobs/fifo");
  link("folder", "../../blobs/folder");
  EXPECT_EQ(code_of(list(snapshot())), "symlink-refused");
  fs::remove(snapshot() / "folder");
  link("fifo", "../../blobs/fifo");
  EXPECT_EQ(code_of(list(snapshot())), "symlink-refused");
  EXPECT_EQ(code_of(open("fifo", SymlinkPolicy::kFollow)), "special-fifo");
}

TEST_F(HubCacheTest, AMissingBlobIsABrokenLink) {
  link("x", "../../blobs/missing");
  for (auto policy : {SymlinkPolicy::kRefuse, SymlinkPolicy::kFollow}) {
    EXPECT_EQ(code_of(open("x", policy)), "symlink-broken");
    EXPECT_EQ(code_of(list(snapshot(), policy)), "symlink-broken");
  }
}

// The text of a link means what it says only from where the link really lies.
TEST_F(HubCacheTest, LinksReachedThroughLinksAreNotContent) {
  link("alias", "sub");
  EXPECT_EQ(code_of(open("sub/config.json")), "ok");
  EXPECT_EQ(code_of(open("alias/config.json")), "symlink-refused");
  temp_.write("far/blobs/b2", "what the kernel would open");
  temp_.link("far/a/b/c/config.json", "../../../blobs/b2");
  link("away", temp_ / "far/a/b/c");
  EXPECT_EQ(code_of(open("away/config.json")), "symlink-refused");
  auto followed = open("away/config.json", SymlinkPolicy::kFollow);
  ASSERT_EQ(code_of(followed), "ok");
  EXPECT_EQ(followed->identity.size, 26U) << "not our own blob of that name";
}

TEST_F(HubCacheTest, ASnapshotHasTheManifestOfThePlainCopy) {
  temp_.write("copy/w.bin", "weights");
  temp_.write("copy/sub/config.json", "config");
  HashOptions cached{.model = snapshot()};
  HashOptions plain{.model = temp_ / "copy", .name = "org/name"};
  auto a = hash_model(cached);
  auto b = hash_model(plain);
  ASSERT_EQ(code_of(a), "ok");
  ASSERT_EQ(code_of(b), "ok");
  EXPECT_EQ(a->manifest.name, "org/name");
  EXPECT_EQ(a->manifest, b->manifest);
}

}  // namespace
}  // namespace weightmark
