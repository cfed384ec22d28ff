#include "train/measured_input.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "train/file_tree_root.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

class MeasuredInputTest : public testing::Test {
 protected:
  void SetUp() override {
    ::umask(022);
    fs::create_directories(root_ / "data");
    write("data/b.txt", "two\n");
    write("data/a.txt", "one\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& name, const std::string& text) const { std::ofstream(root_ / name) << text; }

  InputSpec dataset(const std::string& folder = "data") const {
    return {"dataset", "eval", "", root_ / folder, "https://data.example/mix"};
  }

  MeasuredInput measure(const std::string& folder = "data") const {
    auto input = measure_input(dataset(folder), {});
    EXPECT_TRUE(input) << describe(input.error());
    return input.value_or(MeasuredInput());
  }

  fs::path root_ = fs::temp_directory_path() / ("weightmark-input-" + std::to_string(::getpid()));
};

TEST_F(MeasuredInputTest, SaysWhatItIs) {
  const MeasuredInput input = measure();
  HashOptions options;
  options.model = root_ / "data";
  const HashedModel hashed = hash_model(options).value();
  EXPECT_EQ(input.resource.name, "dataset:data");
  EXPECT_EQ(input.resource.uri, "https://data.example/mix");
  EXPECT_EQ(input.resource.digest("sha256"), hashed.manifest.root.hex());
  EXPECT_EQ(input.resource.digest("weightmarkManifestV1"), hashed.manifest.manifest_v1->hex());
  EXPECT_EQ(input.facts.kind, "dataset");
  EXPECT_EQ(input.facts.role, "eval");
  EXPECT_EQ(input.facts.digest_kind, "oms-root");
  EXPECT_EQ(input.facts.files, 2);
  EXPECT_EQ(input.facts.bytes, 8);
  EXPECT_EQ(input.facts.merkle, merkle_root(named_digests(hashed.manifest)));
  EXPECT_EQ(input.facts.writable_by_others, false);
  EXPECT_FALSE(input.facts.signature);
  ASSERT_EQ(input.files.size(), 2U);
  EXPECT_EQ(input.files[0].name, "a.txt");
}

TEST_F(MeasuredInputTest, KnowsWhenOthersMayWrite) {
  ASSERT_EQ(::chmod((root_ / "data/a.txt").c_str(), 0666), 0);
  EXPECT_EQ(measure().facts.writable_by_others, true);
  ASSERT_EQ(::chmod((root_ / "data/a.txt").c_str(), 0644), 0);
  ASSERT_EQ(::chmod((root_ / "data").c_str(), 0777), 0);
  EXPECT_EQ(measure().facts.writable_by_others, true);
}

TEST_F(MeasuredInputTest, FindsWhatChanged) {
  const MeasuredInput input = measure();
  EXPECT_TRUE(check_unchanged(input, {}));
  write("data/b.txt", "TWO\n");
  const auto changed = check_unchanged(input, {});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::kTrainingInputChanged);
  EXPECT_TRUE(changed.error().subject.ends_with("b.txt")) << changed.error().subject;
}

TEST_F(MeasuredInputTest, FindsWhatWasAddedOrRemoved) {
  const MeasuredInput input = measure();
  write("data/c.txt", "three\n");
  EXPECT_EQ(check_unchanged(input, {}).error().code, ErrorCode::kTrainingInputChanged);
  fs::remove(root_ / "data/c.txt");
  EXPECT_TRUE(check_unchanged(input, {}));
  fs::remove_all(root_ / "data");
  EXPECT_EQ(check_unchanged(input, {}).error().code, ErrorCode::kTrainingInputChanged);
}

TEST_F(MeasuredInputTest, IsCalledAsTheCacheOfTheHubCallsIt) {
  const std::string revision(40, 'a');
  const fs::path snapshot = fs::path("datasets--acme--mix/snapshots") / revision;
  fs::create_directories(root_ / snapshot);
  fs::create_directories(root_ / "datasets--acme--mix/blobs");
  write("datasets--acme--mix/blobs/blob", "one\n");
  fs::create_symlink("../../blobs/blob", root_ / snapshot / "a.txt");
  InputSpec spec = dataset(snapshot);
  spec.uri.clear();
  const auto input = measure_input(spec, {});
  ASSERT_TRUE(input) << describe(input.error());
  EXPECT_EQ(input->resource.uri, "hf://datasets/acme/mix@" + revision);
  EXPECT_EQ(input->resource.digest("gitCommit"), revision);
  EXPECT_EQ(input->resource.name, "dataset:acme/mix");
  EXPECT_EQ(input->blobs, fs::canonical(root_ / "datasets--acme--mix/blobs"));
}

TEST_F(MeasuredInputTest, RefusesWhatIsNotThere) {
  EXPECT_EQ(measure_input(dataset("none"), {}).error().code, ErrorCode::kModelNotFound);
  fs::create_directories(root_ / "empty");
  EXPECT_EQ(measure_input(dataset("empty"), {}).error().code, ErrorCode::kModelEmpty);
}

}  // namespace
}  // namespace weightmark
