#include "sign/digest_record.h"

#include <gtest/gtest.h>

#include "attest/tree_json.h"
#include "base/json.h"
#include "hash/fsverity.h"
#include "hash/hasher.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

using namespace testing;
using std::chrono::seconds;

constexpr Time kBegun{seconds(1'800'000'000)};

RecordedFile recorded(const std::string& name, std::string_view content) {
  TreeHasher tree;
  tree.update(as_bytes(content));
  FileIdentity identity{~std::uint64_t{0}, 7, content.size(), 1'700'000'000'000'000'001, 1'700'000'000'000'000'002};
  return {identity, {name, hash_bytes(HashAlgorithm::kBlake3, as_bytes(content)), {}, tree.finish()}};
}

DigestRecord a_record() { return {HashAlgorithm::kBlake3, kBegun, {recorded("a", "1"), recorded("a/b", "22")}}; }

// with replaces a piece of the record's text.
std::string with(const std::string& piece, const std::string& other) {
  std::string text = write_record(a_record());
  std::size_t at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return text.replace(at, piece.size(), other);
}

TEST(DigestRecord, IsReadAsItWasWritten) {
  auto record = parse_record(write_record(a_record()));
  ASSERT_EQ(code_of(record), "ok") << describe(record.error());
  EXPECT_EQ(*record, a_record());
  EXPECT_EQ(record->find("a/b")->entry.name, "a/b");
  EXPECT_EQ(record->find("b"), nullptr);
}

TEST(DigestRecord, IsRefusedWhereItIsNotAsWeWriteIt) {
  EXPECT_EQ(code_of(parse_record("")), "json-truncated");
  EXPECT_EQ(code_of(parse_record("[]")), "record-malformed");
  EXPECT_EQ(code_of(parse_record(with("record.v1", "record.v2"))), "record-malformed");
  EXPECT_EQ(code_of(parse_record(with("blake3", "md5"))), "record-malformed");
  EXPECT_EQ(code_of(parse_record(with("blake3", "blake2b"))), "digest-length");
  EXPECT_EQ(code_of(parse_record(with("1800000000", "-1"))), "record-malformed");
  EXPECT_EQ(code_of(parse_record(with("1800000000", "9000000001"))), "record-malformed");
  EXPECT_EQ(code_of(parse_record(with("\"schema\"", "\"extra\":1,\"schema\""))), "record-malformed");
  EXPECT_EQ(code_of(parse_record(with("\"inode\"", "\"extra\":1,\"inode\""))), "record-malformed");
  EXPECT_EQ(code_of(parse_record(with("\"inode\":7", "\"inode\":\"7\""))), "record-malformed");
  EXPECT_EQ(code_of(parse_record(with("\"name\":\"a\"", "\"name\":\"../a\""))), "name-dot-dot");
  EXPECT_EQ(code_of(parse_record(with("\"name\":\"a\"", "\"name\":\"a/b\""))), "record-malformed") << "listed twice";
  EXPECT_EQ(code_of(parse_record(with("\"fsverity\"", "\"fs\""))), "record-malformed");
}

// --- times

FileIdentity at(std::int64_t modified, std::int64_t changed) {
  return {1, 1, 1, modified * 1'000'000'000, changed * 1'000'000'000};
}

TEST(IsSettled, WantsBothTimesTwoSecondsOld) {
  const std::int64_t begun = kBegun.time_since_epoch().count();
  EXPECT_TRUE(is_settled(at(begun - 2, begun - 2), kBegun));
  EXPECT_FALSE(is_settled(at(begun - 1, begun - 2), kBegun));
  EXPECT_FALSE(is_settled(at(begun - 2, begun - 1), kBegun));
  EXPECT_FALSE(is_settled(at(begun + 9, begun - 2), kBegun)) << "a time to come";
  EXPECT_FALSE(is_settled(at(-1, begun - 2), kBegun));
  FileIdentity almost = at(begun - 2, begun - 2);
  ++almost.changed_ns;
  EXPECT_FALSE(is_settled(almost, kBegun));
}

// --- the private file

class RecordFile : public ::testing::Test {
 protected:
  void permit(const std::string& name, unsigned mode) { fs::permissions(temp_ / name, fs::perms(mode)); }
  unsigned mode(const std::string& name) { return static_cast<unsigned>(fs::status(temp_ / name).permissions()); }

  TempFolder temp_;
  fs::path path_ = temp_ / "state/weightmark/r.json";
};

TEST_F(RecordFile, IsForItsUserAlone) {
  ASSERT_EQ(code_of(save_record(path_, a_record())), "ok");
  EXPECT_EQ(mode("state/weightmark"), 0700U);
  EXPECT_EQ(mode("state/weightmark/r.json"), 0600U);
  auto record = read_record(path_);
  ASSERT_EQ(code_of(record), "ok");
  EXPECT_EQ(**record, a_record());
}

TEST_F(RecordFile, MayBeMissing) {
  auto record = read_record(path_);
  ASSERT_EQ(code_of(record), "ok");
  EXPECT_FALSE(*record);
}

TEST_F(RecordFile, IsRefusedWhereOthersMayWriteOrRead) {
  ASSERT_EQ(code_of(save_record(path_, a_record())), "ok");
  for (unsigned open : {0620U, 0602U, 0640U, 0604U}) {
    permit("state/weightmark/r.json", open);
    EXPECT_EQ(code_of(read_record(path_)), "record-unsafe") << open;
  }
  ASSERT_EQ(code_of(save_record(path_, a_record())), "ok");
  EXPECT_EQ(code_of(read_record(path_)), "ok") << "replaced by one of our own";
  permit("state/weightmark", 0755);
  EXPECT_EQ(code_of(read_record(path_)), "record-unsafe");
  EXPECT_EQ(code_of(save_record(path_, a_record())), "record-unsafe");
}

TEST_F(RecordFile, IsRefusedWhereItIsALinkOrBelongsToAnother) {
  ASSERT_EQ(code_of(save_record(path_, a_record())), "ok");
  temp_.link("state/weightmark/link.json", "r.json");
  EXPECT_EQ(code_of(read_record(temp_ / "state/weightmark/link.json")), "record-unsafe");
  constexpr unsigned kNobody = 65534;
  if (::chown(path_.c_str(), kNobody, kNobody) != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(code_of(read_record(path_)), "record-unsafe");
}

TEST_F(RecordFile, IsNamedByTheModelsCanonicalPath) {
  temp_.folder("model/sub");
  temp_.link("alias", "model");
  fs::path path = record_path("/r", temp_ / "model");
  EXPECT_EQ(path.parent_path(), "/r");
  EXPECT_EQ(record_path("/r", temp_ / "alias"), path);
  EXPECT_EQ(record_path("/r", temp_ / "model/sub/.."), path);
  EXPECT_NE(record_path("/r", temp_ / "model/sub"), path);
}

}  // namespace
}  // namespace weightmark
