#include "attest/log_entry_json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/encoding.h"

namespace weightmark {
namespace {

LogEntry whole_entry() {
  LogEntry entry;
  entry.index = 5;
  entry.log_id = Bytes(32, 7);
  entry.kind = "hashedrekord";
  entry.version = "0.0.1";
  entry.integrated_time = 1700000000;
  entry.promise = {0xaa};
  entry.proof = InclusionProof{4, 9, MerkleHash{1}, {MerkleHash{2}, MerkleHash{3}}, "origin\n9\n"};
  entry.body = {'{', '}'};
  return entry;
}

Result<LogEntry> parse(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  return parse_log_entry(document.value().root(ErrorCode::kBundleMalformed));
}

std::string code(std::string_view text) {
  const auto entry = parse(text);
  return entry ? "no error" : std::string(code_name(entry.error().code));
}

// with replaces the one place where `from` stands in the JSON of a whole entry.
std::string with(std::string_view from, std::string_view to) {
  std::string text = write_json(log_entry_json(whole_entry()));
  const std::size_t at = text.find(from);
  if (at == std::string::npos || text.find(from, at + 1) != std::string::npos) ADD_FAILURE() << from << " in " << text;
  return text.replace(at, from.size(), to);
}

void expect_same(const LogEntry& a, const LogEntry& b) {
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.integrated_time, b.integrated_time);
  EXPECT_EQ(a.promise, b.promise);
  ASSERT_EQ(a.proof.has_value(), b.proof.has_value());
  if (!a.proof) return;
  EXPECT_EQ(a.proof->index, b.proof->index);
  EXPECT_EQ(a.proof->tree_size, b.proof->tree_size);
  EXPECT_EQ(a.proof->root, b.proof->root);
  EXPECT_EQ(a.proof->hashes, b.proof->hashes);
  EXPECT_EQ(a.proof->checkpoint, b.proof->checkpoint);
}

TEST(LogEntryJson, RoundTrips) {
  LogEntry without_checkpoint = whole_entry();
  without_checkpoint.proof->checkpoint.clear();
  LogEntry alone = whole_entry();  // in a tree of one
  alone.proof->index = 0;
  alone.proof->hashes.clear();
  LogEntry bare = whole_entry();
  bare.proof.reset();
  bare.promise.clear();
  bare.integrated_time = 0;
  LogEntry large = whole_entry();
  large.index = INT64_MAX;
  large.integrated_time = INT64_MAX;
  for (const LogEntry& entry : {whole_entry(), without_checkpoint, alone, bare, large}) {
    const auto parsed = parse(write_json(log_entry_json(entry)));
    ASSERT_TRUE(parsed) << describe(parsed.error());
    expect_same(*parsed, entry);
  }
}

TEST(LogEntryJson, TakesNumbersAsTextAndAsNumbers) {
  for (const char* number : {R"("1700000000")", "1700000000", "1700000000.0"})
    EXPECT_EQ(parse(with(R"("1700000000")", number))->integrated_time, 1700000000) << number;
  EXPECT_EQ(parse(with(R"("treeSize":"9")", R"("treeSize":9)"))->proof->tree_size, 9U);
}

// proto3 leaves out what is zero or empty, and null stands for that.
TEST(LogEntryJson, TakesWhatProto3LeavesOut) {
  EXPECT_EQ(parse(with(R"(,"logIndex":"5")", ""))->index, 0U);
  EXPECT_EQ(parse(with(R"("logIndex":"4",)", ""))->proof->index, 0U);
  EXPECT_EQ(parse(with(R"("integratedTime":"1700000000",)", ""))->integrated_time, 0);
  EXPECT_EQ(parse(with(R"("integratedTime":"1700000000")", R"("integratedTime":null)"))->integrated_time, 0);
  EXPECT_EQ(parse(with(R"({"signedEntryTimestamp":"qg=="})", "null"))->promise, Bytes());
  EXPECT_EQ(parse(with(R"("checkpoint":{"envelope":"origin\n9\n"},)", ""))->proof->checkpoint, "");
  const std::string hashes =
      fmt::format(R"("hashes":["{}","{}"],)", to_base64(MerkleHash{2}), to_base64(MerkleHash{3}));
  EXPECT_TRUE(parse(with(hashes, ""))->proof->hashes.empty());
}

struct Fault {
  std::string from;
  std::vector<std::string> to;
};

TEST(LogEntryJson, RefusesEachFieldOfAnotherForm) {
  const std::string first = '"' + to_base64(MerkleHash{2}) + '"';
  const std::string root = '"' + to_base64(MerkleHash{1}) + '"';
  const std::string id = '"' + to_base64(Bytes(32, 7)) + '"';
  const std::string shorter = '"' + to_base64(Bytes(31)) + '"';
  const std::string longer = '"' + to_base64(Bytes(33)) + '"';
  const std::string hex = '"' + to_hex(Bytes(32)) + '"';
  const std::vector<std::string> not_counts = {R"("-1")", "-1",  R"("")",    R"("1 ")", R"(" 1")",
                                               R"("+1")", "1.5", R"("0x1")", "true",    R"("9223372036854775808")"};
  const std::vector<std::string> not_hashes = {shorter, longer, hex, "5", "null", R"("")"};
  const std::vector<std::string> not_texts = {"5", "null", "{}", "[]"};
  const std::vector<std::string> not_base64 = {"5", "null", R"("e30")", R"("e3 0=")", R"("_-8=")"};
  const std::vector<Fault> faults = {
      {R"("5")", not_counts},
      {R"("4")", not_counts},
      {R"("9")", not_counts},
      {R"("9")", {"null"}},
      {R"("1700000000")", {R"("")", R"("now")", "1.5", R"("9223372036854775808")", "{}"}},
      {id, not_hashes},
      {root, not_hashes},
      {first, not_hashes},
      {R"("hashedrekord")", not_texts},
      {R"("0.0.1")", not_texts},
      {R"("qg==")", not_base64},
      {R"("e30=")", not_base64},
      {R"("origin\n9\n")", not_texts},
      {R"({"envelope":"origin\n9\n"})", {"{}", "5", "[]", R"("origin")"}},
      {R"({"signedEntryTimestamp":"qg=="})", {"{}", "5", "[]"}},
      {R"({"keyId":)" + id + "}", {"{}", "5", "null", id}}};
  for (const Fault& fault : faults)
    for (const std::string& to : fault.to)
      EXPECT_EQ(code(with(fault.from, to)), "log-entry-malformed") << fault.from << " is " << to;
}

TEST(LogEntryJson, RefusesWhatIsNoEntry) {
  for (const char* text : {"[]", "5", "null", R"("entry")", "{}", R"({"inclusionProof":{}})"})
    EXPECT_EQ(code(text), "log-entry-malformed") << text;
}

TEST(LogEntryJson, HasNoMoreHashesThanAnyTreeNeeds) {
  LogEntry entry = whole_entry();
  entry.proof->hashes.assign(64, MerkleHash{});
  EXPECT_EQ(code(write_json(log_entry_json(entry))), "no error");
  entry.proof->hashes.emplace_back();
  EXPECT_EQ(code(write_json(log_entry_json(entry))), "log-entry-malformed");
}

}  // namespace
}  // namespace weightmark
