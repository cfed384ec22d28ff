#include "model/compare.h"

#include <gtest/gtest.h>

#include "hash/hasher.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

using testing::code_of;

Digest sha256(std::string_view text) { return hash_bytes(HashAlgorithm::kSha256, as_bytes(text)); }

FileEntry whole(std::string name, std::string_view text) { return {std::move(name), sha256(text), {}, {}}; }

FileEntry sharded(std::string_view text) {
  FileEntry entry{"w", {}, {}, {}};
  for (std::size_t i = 0; i < text.size(); ++i) entry.shards.push_back({i, i + 1, sha256(text.substr(i, 1))});
  return entry;
}

std::string code_of(const FileReport& report) {
  if (report.error) return std::string(code_name(report.error->code));
  if (report.coverage == Coverage::kWhole) return "whole";
  return report.coverage == Coverage::kIgnored ? "ignored" : "not-covered";
}

TEST(CompareFile, TakesTheSignedDigest) {
  EXPECT_EQ(code_of(compare_file(whole("w", "abc"), whole("w", "abc"))), "whole");
}

TEST(CompareFile, NamesTheFileAndBothDigests) {
  FileReport report = compare_file(whole("w", "abc"), whole("w", "abd"));
  EXPECT_EQ(code_of(report), "file-mismatch");
  EXPECT_EQ(report.coverage, Coverage::kFailed);
  EXPECT_EQ(report.error->subject, "w");
  EXPECT_NE(report.error->what.find(sha256("abc").hex()), std::string::npos);
  EXPECT_NE(report.error->what.find(sha256("abd").hex()), std::string::npos);
}

TEST(CompareFile, PassesOnWhyAFileCouldNotBeMeasured) {
  Result<FileEntry> failed = std::unexpected(Error{ErrorCode::kFileShrank, "ends early", "w", {}});
  EXPECT_EQ(code_of(compare_file(whole("w", "abc"), failed)), "file-shrank");
}

TEST(CompareFile, NamesTheShard) {
  EXPECT_EQ(code_of(compare_file(sharded("abc"), sharded("abc"))), "whole");
  FileReport report = compare_file(sharded("abc"), sharded("abd"));
  EXPECT_EQ(code_of(report), "file-mismatch");
  EXPECT_NE(report.error->what.find("bytes 2 to 3"), std::string::npos);
  EXPECT_EQ(code_of(compare_file(sharded("abc"), sharded("ab"))), "file-mismatch");
  EXPECT_EQ(code_of(compare_file(sharded("ab"), sharded("abc"))), "file-mismatch");
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
