#include "weightmark/manifest.h"

#include <gtest/gtest.h>

#include "hash/fsverity.h"
#include "hash/hasher.h"

namespace weightmark {
namespace {

std::string code_of(std::string_view name) {
  auto status = check_name(name);
  return status ? "" : std::string(code_name(status.error().code));
}

TEST(CheckName, FollowsOms612) {
  using namespace std::string_view_literals;
  for (std::string_view good : {"a"sv, "a/b"sv, ".hidden"sv, "a..b"sv, "..."sv, "a b"sv, "a:0:1"sv, "\xE6\xA8\xA1"sv,
                                "a\nb"sv, "-x"sv, "a\\b"sv})
    EXPECT_EQ(code_of(good), "") << good;
  EXPECT_EQ(code_of(""), "name-empty");
  EXPECT_EQ(code_of("/a"), "name-absolute");
  EXPECT_EQ(code_of("."), "name-dot");
  EXPECT_EQ(code_of("./a"), "name-dot");
  EXPECT_EQ(code_of("a/./b"), "name-dot");
  EXPECT_EQ(code_of(".."), "name-dot-dot");
  EXPECT_EQ(code_of("a/../b"), "name-dot-dot");
  EXPECT_EQ(code_of("../a"), "name-dot-dot");
  EXPECT_EQ(code_of("a//b"), "name-empty-component");
  EXPECT_EQ(code_of("a/"), "name-empty-component");
  EXPECT_EQ(code_of("a\0b"sv), "name-nul");
  EXPECT_EQ(code_of("a\xFF"), "name-utf8");
  EXPECT_EQ(code_of(std::string(4096, 'a')), "");
  EXPECT_EQ(code_of(std::string(4097, 'a')), "name-too-long");
}

FileEntry file(const std::string& name, std::string_view content) {
  TreeHasher tree;
  tree.update(as_bytes(content));
  return {name, hash_bytes(HashAlgorithm::kBlake3, as_bytes(content)), {}, tree.finish()};
}

TEST(CompleteManifest, SortsByBytesAndHashes) {
  Manifest manifest;
  manifest.files = {file("a/b", "1"), file("Z", "22"), file("a-b", "333")};
  complete_manifest(manifest);
  ASSERT_EQ(manifest.files[0].name, "Z");
  ASSERT_EQ(manifest.files[1].name, "a-b");
  Hasher root(HashAlgorithm::kSha256);
  std::string lines;
  for (const FileEntry& entry : manifest.files) {
    root.update(entry.digest->bytes());
    lines += entry.name + '\0' + "blake3:" + entry.digest->hex() + '\0' + std::to_string(entry.tree->size) + '\0' +
             entry.tree->fsverity.hex() + '\n';
  }
  EXPECT_EQ(manifest.root, root.finish());
  EXPECT_EQ(*manifest.manifest_v1, hash_bytes(HashAlgorithm::kSha256, as_bytes(lines)));
}

TEST(CompleteManifest, NeedsEveryTreeForTheManifestDigest) {
  Manifest manifest;
  manifest.files = {file("a", "1"), file("b", "2")};
  manifest.files[1].tree.reset();
  complete_manifest(manifest);
  EXPECT_FALSE(manifest.manifest_v1);
}

TEST(CompleteManifest, KnowsDeclaredSizes) {
  Manifest manifest;
  manifest.files = {file("a", "1"), {"b", Digest(), {}, {}, false, 7}};
  complete_manifest(manifest);
  EXPECT_FALSE(manifest.manifest_v1);
  EXPECT_EQ(manifest.files[0].size(), 1U);
  EXPECT_EQ(manifest.files[1].size(), 7U);
  EXPECT_EQ(declared_count(manifest), 1U);
}

TEST(FindFile, IsExact) {
  Manifest manifest;
  manifest.files = {file("a", "1"), file("a/b", "2")};
  EXPECT_EQ(find_file(manifest, "a/b")->name, "a/b");
  EXPECT_EQ(find_file(manifest, "a/"), nullptr);
  EXPECT_EQ(find_file(manifest, ""), nullptr);
}

}  // namespace
}  // namespace weightmark
