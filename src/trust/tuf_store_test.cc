#include "trust/tuf_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <future>

namespace weightmark::tuf {
namespace {

class DirectoryStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/storeXXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(DirectoryStoreTest, KeepsTextsForTheNext) {
  DirectoryStore(folder_ / "new" / "folder").put("root_history/1.root.json", "text");
  DirectoryStore store(folder_ / "new" / "folder");
  EXPECT_EQ(store.get("root_history/1.root.json"), "text");
  EXPECT_EQ(store.get("root.json"), std::nullopt);
}

TEST_F(DirectoryStoreTest, LeavesNothingOutsideOfItsFolder) {
  DirectoryStore store(folder_ / "store");
  for (const char* name : {".", "..", ""}) {
    store.put(name, "text");
    EXPECT_EQ(store.get(name), "text") << name;
  }
  EXPECT_EQ(DirectoryStore(folder_ / "store").get(".."), std::nullopt);
  store.put(std::string(1000, 'x'), "text");
  EXPECT_EQ(store.get(std::string(1000, 'x')), "text");
}

TEST_F(DirectoryStoreTest, GoesOnWhereItCannotWrite) {
  std::ofstream(folder_ / "file") << "no folder";
  DirectoryStore store(folder_ / "file");
  store.lock();
  store.put("root.json", "text");
  EXPECT_EQ(store.get("root.json"), "text");
  EXPECT_EQ(DirectoryStore(folder_ / "file").get("root.json"), std::nullopt);
}

TEST_F(DirectoryStoreTest, IsLockedByOneAtATime) {
  auto first = std::make_unique<DirectoryStore>(folder_);
  first->lock();
  auto second = std::async(std::launch::async, [&] { DirectoryStore(folder_).lock(); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  first.reset();
  EXPECT_EQ(second.wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

}  // namespace
}  // namespace weightmark::tuf
