#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attest/oms.h"
#include "hash/hasher.h"
#include "model/model_testing.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

using testing::code_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempFolder;
namespace fs = std::filesystem;

std::vector<std::string> names(const Result<HashedModel>& model) {
  if (!model) return {code_of(model)};
  std::vector<std::string> names;
  for (const FileEntry& file : model->manifest.files) names.push_back(file.name);
  return names;
}

TEST(HashModel, DescribesAFolder) {
  TempFolder temp;
  temp.write("model/b", "bb");
  temp.write("model/a/x", "");
  auto model = hash_model({.model = temp / "model"});
  EXPECT_THAT(names(model), ElementsAre("a/x", "b"));
  const Manifest& manifest = model->manifest;
  EXPECT_EQ(manifest.name, "model");
  EXPECT_EQ(manifest.files[1].digest, hash_bytes(HashAlgorithm::kSha256, as_bytes("bb")));
  EXPECT_EQ(manifest.files[1].tree->size, 2U);
  EXPECT_TRUE(manifest.manifest_v1);
  EXPECT_EQ(manifest.root, root_digest(list_resources(manifest, ResourceOrder::kSpecification)));
  EXPECT_EQ(model->bytes, 2U);
}

TEST(HashModel, RecordsWhatItIgnores) {
  TempFolder temp;
  for (const char* name : {"w", "model.sig", "model.sig.d/x.sig", ".cache/huggingface/x", ".cache/other", ".git/HEAD",
                           ".gitignore", ".gitattributes", ".github/x", "sub/.git/x", "logs/1"})
    temp.write(name, name);
  HashOptions options{.model = temp.path(), .ignore_paths = {"logs"}};
  auto model = hash_model(options);
  EXPECT_THAT(names(model), ElementsAre(".cache/other", "sub/.git/x", "w"));
  EXPECT_THAT(*model->manifest.serialization.ignore_paths,
              ElementsAre(".cache/huggingface", ".git", ".gitattributes", ".github", ".gitignore", "logs", "model.sig",
                          "model.sig.d"));
  options.ignore_git_paths = false;
  model = hash_model(options);
  EXPECT_THAT(names(model),
              ElementsAre(".cache/other", ".git/HEAD", ".gitattributes", ".github/x", ".gitignore", "sub/.git/x", "w"));
  EXPECT_THAT(*model->manifest.serialization.ignore_paths,
              ElementsAre(".cache/huggingface", "logs", "model.sig", "model.sig.d"));
}

TEST(HashModel, RefusesIgnorePathsThatNoStatementCanSay) {
  TempFolder temp;
  temp.write("w", "");
  for (const char* path : {"", "/abs", "../up", "a//b", "a/", "./a", "bad\xFF"})
    EXPECT_EQ(code_of(hash_model({.model = temp.path(), .ignore_paths = {path}})), "usage") << path;
}

TEST(HashModel, RefusesAnEmptyModel) {
  TempFolder temp;
  temp.folder("model/sub");
  EXPECT_EQ(code_of(hash_model({.model = temp / "model"})), "model-empty");
  temp.write("model/model.sig", "{}");
  EXPECT_EQ(code_of(hash_model({.model = temp / "model"})), "model-empty") << "all of it is ignored";
  EXPECT_EQ(code_of(hash_model({.model = temp / "none"})), "model-not-found");
}

TEST(HashModel, WarnsOfEmptyFilesInShards) {
  TempFolder temp;
  temp.write("w", "12345");
  temp.write("empty", "");
  auto model = hash_model({.model = temp.path(), .shard_size = 2});
  EXPECT_THAT(names(model), ElementsAre("w"));
  EXPECT_EQ(model->manifest.files[0].shards.size(), 3U);
  EXPECT_THAT(model->warnings, ElementsAre(HasSubstr("empty: ")));
  EXPECT_FALSE(model->manifest.manifest_v1);
  temp.remove("w");
  EXPECT_EQ(code_of(hash_model({.model = temp.path(), .shard_size = 2})), "model-empty");
}

TEST(HashModel, BoundsTheNumberOfShardsBeforeItReads) {
  TempFolder temp;
  temp.sparse("w", std::uint64_t{1} << 40U);
  auto model = hash_model({.model = temp.path(), .shard_size = 1});
  ASSERT_EQ(code_of(model), "too-many-files");
  EXPECT_EQ(model.error().subject, "w");
}

TEST(HashModel, RefusesAShardSizeThatNoStatementCanSay) {
  TempFolder temp;
  temp.write("w", "1");
  EXPECT_EQ(code_of(hash_model({.model = temp.path(), .shard_size = std::uint64_t{1} << 63U})), "usage");
  EXPECT_EQ(code_of(hash_model({.model = temp.path(), .shard_size = (std::uint64_t{1} << 63U) - 1})), "ok");
}

TEST(HashModel, RefusesModelNamesThatNoStatementCanSay) {
  TempFolder temp;
  temp.write("bad\xFF/w", "1");
  auto model = hash_model({.model = temp / "bad\xFF"});
  ASSERT_EQ(code_of(model), "name-utf8");
  EXPECT_EQ(model.error().subject, "bad\\xff");
  EXPECT_EQ(hash_model({.model = temp / "bad\xFF", .name = "good"})->manifest.name, "good");
  EXPECT_EQ(code_of(hash_model({.model = temp / "bad\xFF", .name = ""})), "usage");
}

TEST(HashModel, NamesASingleFileForEitherClient) {
  TempFolder temp;
  temp.write("w.bin", "w");
  HashOptions options{.model = temp / "w.bin"};
  EXPECT_THAT(names(hash_model(options)), ElementsAre("w.bin"));
  options.compatibility = Compatibility::kPython;
  auto python = hash_model(options);
  EXPECT_THAT(names(python), ElementsAre("."));
  EXPECT_EQ(python->manifest.name, "w.bin");
}

TEST(HashModel, HasTheRootOfTheOrderThatIsWritten) {
  TempFolder temp;
  for (const char* name : {"a/b", "a-b/x", "a.txt"}) temp.write(name, name);
  HashOptions options{.model = temp.path()};
  auto specification = hash_model(options);
  options.compatibility = Compatibility::kPython;
  auto python = hash_model(options);
  EXPECT_NE(python->manifest.root, specification->manifest.root);
  EXPECT_EQ(python->manifest.root, root_digest(list_resources(python->manifest, ResourceOrder::kPython)));
  EXPECT_EQ(python->manifest.manifest_v1, specification->manifest.manifest_v1);
}

TEST(HashModel, RecordsTheLinkPolicy) {
  TempFolder temp;
  temp.write("outside", "o");
  temp.link("model/link", "../outside");
  HashOptions options{.model = temp / "model"};
  EXPECT_EQ(code_of(hash_model(options)), "symlink-refused");
  options.allow_symlinks = true;
  auto model = hash_model(options);
  EXPECT_THAT(names(model), ElementsAre("link"));
  EXPECT_TRUE(model->manifest.serialization.allow_symlinks);
  EXPECT_THAT(model->warnings, ElementsAre(HasSubstr("leaves the model")));
}

TEST(HashModel, ReportsTheFirstFileThatCannotBeHashed) {
  TempFolder temp;
  for (const char* name : {"a", "b"}) temp.write(name, std::string(1000, 'x'));
  testing::OnRead shrink([&] {
    temp.remove("b");
    temp.remove("a");
  });
  auto model = hash_model({.model = temp.path(), .work = {.threads = 1, .observer = &shrink}});
  // Of equal sizes the first name is read first; its removal changes it.
  EXPECT_EQ(code_of(model), "file-changed");
}

TEST(HashModel, IsInterrupted) {
  TempFolder temp;
  temp.write("a", "a");
  std::atomic<bool> cancelled = true;
  EXPECT_EQ(code_of(hash_model({.model = temp.path(), .work = {.cancelled = &cancelled}})), "interrupted");
}

}  // namespace
}  // namespace weightmark
