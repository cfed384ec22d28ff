#include "model/compare.h"

#include <gtest/gtest.h>

#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::code_of;

Digest sha256(std::string_view text) { return hash_bytes(HashAlgorithm::kSha256, as_bytes(text)); }

FileEntry whole(std::string name, std::string_view text) { return {std::move(name), sha256(text), {}, {}, false}; }

FileEntry sharded(std::string_view text) {
  FileEntry entry{"w", {}, {}, {}, false};
  for (std::size_t i = 0; i < text.size(); ++i) entry.shards.push_back({i, i + 1, sha256(text.substr(i, 1))});
  return entry;
}

std::string code_of(const FileReport& report) {
  if (report.error) return std::string(code_name(report.error->code));
  if (report.coverage == Coverage::kWhole) return "whole";
  return report.coverage == Coverage::kIgnored ? "ignored" : "not-covered";
}

Measurement found(FileEntry entry) {
  Measurement measurement;
  measurement.entry = std::move(entry);
  return measurement;
}

TEST(CompareFile, TakesTheSignedDigest) {
  EXPECT_EQ(code_of(compare_file(whole("w", "abc"), found(whole("w", "abc")))), "whole");
}

TEST(CompareFile, NamesTheFileAndBothDigests) {
  FileReport report = compare_file(whole("w", "abc"), found(whole("w", "abd")));
  EXPECT_EQ(code_of(report), "file-mismatch");
  EXPECT_EQ(report.coverage, Coverage::kFailed);
  EXPECT_EQ(report.error->subject, "w");
  EXPECT_NE(report.error->what.find(sha256("abc").hex()), std::string::npos);
  EXPECT_NE(report.error->what.find(sha256("abd").hex()), std::string::npos);
}

TEST(CompareFile, PassesOnWhyAFileCouldNotBeMeasured) {
  Result<Measurement> failed = std::unexpected(Error{ErrorCode::kFileShrank, "ends early", "w", {}});
  EXPECT_EQ(code_of(compare_file(whole("w", "abc"), failed)), "file-shrank");
}

TEST(CompareFile, NamesTheShard) {
  EXPECT_EQ(code_of(compare_file(sharded("abc"), found(sharded("abc")))), "whole");
  FileReport report = compare_file(sharded("abc"), found(sharded("abd")));
  EXPECT_EQ(code_of(report), "file-mismatch");
  EXPECT_NE(report.error->what.find("bytes 2 to 3"), std::string::npos);
  EXPECT_EQ(code_of(compare_file(sharded("abc"), found(sharded("ab")))), "file-mismatch");
  EXPECT_EQ(code_of(compare_file(sharded("ab"), found(sharded("abc")))), "file-mismatch");
}

// --- trees

FileTree tree_of(std::uint64_t size, unsigned changed_node = ~0U) {
  FileTree tree;
  tree.size = size;
  tree.nodes.resize(node_count(size));
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) tree.nodes[i][0] = static_cast<std::uint8_t>(i);
  if (changed_node < tree.nodes.size()) tree.nodes[changed_node][1] = 1;
  tree.fsverity = fsverity_digest(size, tree.nodes);
  return tree;
}

FileEntry with_tree(FileTree tree, std::optional<Digest> digest = std::nullopt) {
  return {"w", digest, {}, std::move(tree), false};
}

constexpr std::uint64_t kThreeNodes = 2 * kNodeSize + 7;

TEST(CompareFile, TakesTheSignedTree) {
  FileEntry wanted = with_tree(tree_of(kThreeNodes), sha256("abc"));
  FileReport report = compare_file(wanted, found(with_tree(tree_of(kThreeNodes))));
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.coverage, Coverage::kTree);
}

TEST(CompareFile, NamesTheNodeThatDiffers) {
  FileEntry wanted = with_tree(tree_of(kThreeNodes), sha256("abc"));
  FileReport report = compare_file(wanted, found(with_tree(tree_of(kThreeNodes, 2))));
  EXPECT_EQ(code_of(report), "file-mismatch");
  EXPECT_NE(report.error->what.find("bytes 134217728 to 134217735"), std::string::npos) << report.error->what;
  report = compare_file(wanted, found(with_tree(tree_of(kThreeNodes, 0))));
  EXPECT_NE(report.error->what.find("bytes 0 to 67108864"), std::string::npos) << report.error->what;
  EXPECT_EQ(code_of(compare_file(wanted, found(with_tree(tree_of(kThreeNodes - 1))))), "file-mismatch");
}

TEST(CompareFile, TakesTheKernelsDigestOfTheSignedTree) {
  FileEntry wanted = with_tree(tree_of(kThreeNodes), sha256("abc"));
  Measurement measurement = found(with_tree(tree_of(kThreeNodes)));
  measurement.by_kernel = true;
  measurement.entry.tree->nodes.clear();
  EXPECT_EQ(compare_file(wanted, measurement).coverage, Coverage::kKernel);
  measurement.entry.tree->fsverity = sha256("other");
  EXPECT_EQ(code_of(compare_file(wanted, measurement)), "file-mismatch");
}

TEST(CompareFile, FindsADigestAndATreeOfDifferentContents) {
  FileEntry wanted = with_tree(tree_of(kThreeNodes), sha256("abc"));
  auto judge = [&](const FileTree& tree, std::string_view text) {
    FileReport report = compare_file(wanted, found(with_tree(tree, sha256(text))));
    return code_of(report);
  };
  EXPECT_EQ(judge(tree_of(kThreeNodes), "abc"), "whole");
  EXPECT_EQ(judge(tree_of(kThreeNodes), "abd"), "tree-conflict");
  EXPECT_EQ(judge(tree_of(kThreeNodes, 1), "abc"), "tree-conflict");
  EXPECT_EQ(judge(tree_of(kThreeNodes, 1), "abd"), "file-mismatch");
}

TEST(CompareFile, TakesNothingForNothing) {
  FileEntry nothing{"w", {}, {}, {}, false};
  EXPECT_EQ(code_of(compare_file(whole("w", "abc"), found(nothing))), "file-mismatch");
  EXPECT_EQ(code_of(compare_file(sharded("abc"), found(nothing))), "file-mismatch");
  EXPECT_EQ(code_of(compare_file(nothing, found(nothing))), "file-mismatch");
  EXPECT_EQ(code_of(compare_file(nothing, found(whole("w", "abc")))), "file-mismatch");
}

TEST(CheckSize, RefusesBeforeAnythingIsRead) {
  EXPECT_EQ(code_of(check_size(sharded("abc"), 3)), "ok");
  EXPECT_EQ(code_of(check_size(sharded("abc"), 2)), "shard-past-end");
  EXPECT_EQ(code_of(check_size(sharded("abc"), 4)), "file-mismatch");
  FileEntry tree = whole("w", "abc");
  tree.tree = FileTree{3, {}, {}};
  EXPECT_EQ(code_of(check_size(tree, 3)), "ok");
  EXPECT_EQ(code_of(check_size(tree, 2)), "file-mismatch");
  EXPECT_EQ(code_of(check_size(whole("w", "abc"), 17)), "ok") << "the entry does not tell a size";
}

class ReportUnsigned : public ::testing::Test {
 protected:
  ReportUnsigned() {
    manifest_.files = {whole("a", "a")};
    complete_manifest(manifest_);
    listing_.files = {{"a", {}}, {"b", {.size = 1}}};
  }

  std::vector<std::string> codes(bool tolerate = false) {
    std::vector<std::string> codes;
    for (const FileReport& file : report_unsigned(manifest_, listing_, {IgnoreSet({"logs"}), tolerate}))
      codes.push_back(file.name + " " + code_of(file));
    return codes;
  }

  Manifest manifest_;
  Listing listing_;
};

TEST_F(ReportUnsigned, RefusesExtraFiles) { EXPECT_EQ(codes(), std::vector<std::string>{"b file-extra"}); }

TEST_F(ReportUnsigned, ToleratesThemOnRequest) { EXPECT_EQ(codes(true), std::vector<std::string>{"b not-covered"}); }

TEST_F(ReportUnsigned, TellsRecordedFromUnrecorded) {
  listing_.files.pop_back();
  listing_.ignored = {"logs", "model.sig"};
  EXPECT_EQ(codes(), (std::vector<std::string>{"logs ignored", "model.sig not-covered"}));
}

TEST_F(ReportUnsigned, LeavesSignedFilesToTheirOwnReport) {
  listing_.files.clear();
  listing_.ignored = {"a"};
  EXPECT_EQ(codes(), std::vector<std::string>{});
}

TEST_F(ReportUnsigned, KnowsThatShardsCannotCoverEmptyFiles) {
  manifest_.serialization.method = SerializationMethod::kShards;
  listing_.files = {{"a", {}}, {"b", {.size = 1}}, {"empty", {}}};
  EXPECT_EQ(codes(), (std::vector<std::string>{"b file-extra", "empty not-covered"}));
}

}  // namespace
}  // namespace weightmark
