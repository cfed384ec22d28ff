#include "formats/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/zip_testing.h"

namespace weightmark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ZipArchive read(const std::string& bytes) { return read_zip(MemoryContent(as_bytes(bytes))).value(); }

std::vector<std::string> faults(const std::vector<TestMember>& members) { return read(make_zip(members)).faults; }

TEST(Zip, ReadsMembers) {
  const std::string bytes = make_zip({{"a/data.pkl", "hello"}, {"a/data/0", "worlds"}});
  const ZipArchive archive = read(bytes);
  EXPECT_THAT(archive.faults, IsEmpty());
  ASSERT_EQ(archive.members.size(), 2U);
  EXPECT_EQ(archive.members[1].name, "a/data/0");
  EXPECT_EQ(bytes.substr(archive.members[1].begin, archive.members[1].size), "worlds");
}

TEST(Zip, ComputesItsChecksum) {  // the check value of CRC-32/ISO-HDLC
  EXPECT_EQ(crc32(MemoryContent(as_bytes("123456789"))).value(), 0xcbf43926U);
}

TEST(Zip, TellsWhereReadersWouldDiffer) {
  EXPECT_THAT(faults({{"a", "x", "b"}}), ElementsAre(HasSubstr("also b")));  // CVE-2025-1944
  EXPECT_THAT(faults({{"a", "x", "", 1, 0}}),                                // CVE-2025-1945
              ElementsAre(HasSubstr("in two ways"), HasSubstr("encrypted")));
  EXPECT_THAT(faults({{"a", "x"}, {"a", "y"}}), ElementsAre(HasSubstr("two members a")));
  EXPECT_THAT(faults({{"a", "x", "", 0, 0, 0, 0, 0, 9}}), ElementsAre(HasSubstr("another size")));
}

TEST(Zip, TellsWhatIsNoArchive) {
  EXPECT_THAT(read("PK\x03\x04").faults, ElementsAre(HasSubstr("no directory")));
  EXPECT_THAT(read("").faults, ElementsAre(HasSubstr("no directory")));
  const std::string good = make_zip({{"a", "x"}});
  EXPECT_THAT(read("#!/bin/sh\n" + good).faults, ElementsAre(HasSubstr("does not fit")));
  EXPECT_THAT(read(good.substr(0, good.size() - 1)).faults, ElementsAre(HasSubstr("no directory")));
  std::string more = good;
  more[good.size() - 14] = 7;  // the number of members
  more[good.size() - 12] = 7;
  EXPECT_THAT(read(more).faults, testing::Contains(HasSubstr("less entries")));
}

TEST(Zip, EveryByteThatChangesDoesNoHarm) {
  const std::string good = make_zip({{"a", "x"}, {"b", "yy"}});
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      EXPECT_TRUE(read_zip(MemoryContent(as_bytes(bytes))));
    }
}

TEST(Zip, FindsAnArchiveBehindSomethingElse) {
  const std::string good = make_zip({{"a", "x"}});
  const auto ends = [](const std::string& bytes) { return ends_as_zip(MemoryContent(as_bytes(bytes))).value(); };
  EXPECT_TRUE(ends("anything before it" + good));
  EXPECT_FALSE(ends("anything"));
  EXPECT_FALSE(ends(good + "x"));
}

TEST(Zip, KnowsNamesThatLeave) {
  for (const std::string_view name : {"../a", "a/../../b", "/etc/passwd", "C:x", "a\\b", ".."})
    EXPECT_TRUE(leaves_folder(name)) << name;
  for (const std::string_view name : {"a", "a/b", "a..b", ".../a", ""}) EXPECT_FALSE(leaves_folder(name)) << name;
}

}  // namespace
}  // namespace weightmark
