#include "formats/tar_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/tar_testing.h"

namespace weightmark {
namespace {

using namespace std::string_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TarArchive read(const std::string& bytes) { return read_tar(MemoryContent(as_bytes(bytes))).value(); }

std::vector<std::string> faults(const std::vector<TestTarMember>& members) { return read(make_tar(members)).faults; }

// names reads an archive that breaks no rule.
std::vector<std::string> names(const std::vector<TestTarMember>& members) {
  const TarArchive archive = read(make_tar(members));
  EXPECT_THAT(archive.faults, IsEmpty());
  std::vector<std::string> out;
  for (const TarMember& member : archive.members) out.push_back(member.name);
  return out;
}

const std::string kGnu = "ustar  \0"s;
const std::string kBeforeBoth(8, '\0');

TEST(Tar, ReadsMembers) {
  const std::string bytes = make_tar({{"folder", "", '5'}, {"folder/a", "hello"}, {"b", std::string(513, 'x')}});
  const TarArchive archive = read(bytes);
  EXPECT_THAT(archive.faults, IsEmpty());
  ASSERT_EQ(archive.members.size(), 3U);
  EXPECT_EQ(archive.members[0].kind, TarKind::kFolder);
  EXPECT_EQ(bytes.substr(archive.members[1].begin, archive.members[1].size), "hello");
  EXPECT_EQ(bytes.substr(archive.members[2].begin, archive.members[2].size), std::string(513, 'x'));
}

TEST(Tar, ReadsEachKindOfHeader) {
  EXPECT_THAT(names({{"a", "x", '0', "", kGnu}, {"b", "y", '\0', "", kBeforeBoth}, {"c/", "", '\0'}}),
              ElementsAre("a", "b", "c/"));
  EXPECT_EQ(read(make_tar({{"c/", "", '\0'}})).members.at(0).kind, TarKind::kFolder);
  TestTarMember prefixed{"name", "x"};
  prefixed.prefix = "some/folder";
  EXPECT_THAT(names({prefixed}), ElementsAre("some/folder/name"));
  EXPECT_THAT(names({{"PaxHeaders/a", pax_record("mtime", "1.5") + pax_record("path", "long/name"), 'x'}, {"a", "x"}}),
              ElementsAre("long/name"));
  EXPECT_THAT(names({{"././@LongLink", "a/longer/name\0"s, 'L', "", kGnu}, {"a", "x"}, {"b", "y"}}),
              ElementsAre("a/longer/name", "b"));
  EXPECT_THAT(names({{"pax_global_header", pax_record("comment", "a commit"), 'g'}, {"a", "x"}}), ElementsAre("a"));
  TestTarMember in_bytes{"a", "hello"};
  in_bytes.size = "\x80\0\0\0\0\0\0\0\0\0\0\x05"s;
  EXPECT_THAT(names({in_bytes, {"b", "y"}}), ElementsAre("a", "b"));
  TestTarMember elsewhere{"a", "hello"};
  elsewhere.size = "00000000000";
  EXPECT_THAT(names({{"x", pax_record("size", "5"), 'x'}, elsewhere, {"b", "y"}}), ElementsAre("a", "b"));
}

TEST(Tar, FollowsLinksWithin) {
  const std::string bytes = make_tar({{"a", "hello"},
                                      {"b", "", '1', "a"},
                                      {"c", "", '1', "b"},
                                      {"d", "", '2', "../e"},
                                      {"e", "", '1', "f"},
                                      {"f", "x"}});
  const TarArchive archive = read(bytes);
  EXPECT_THAT(archive.faults, IsEmpty());
  EXPECT_EQ(bytes.substr(archive.members[2].begin, archive.members[2].size), "hello");
  EXPECT_FALSE(archive.members[3].has_bytes());
  EXPECT_EQ(archive.members[3].target, "../e");
  EXPECT_FALSE(archive.members[4].has_bytes());  // what comes after it is not there yet when it is unpacked
  EXPECT_FALSE(read(make_tar({{"folder", "", '5'}, {"a", "", '1', "folder"}})).members.at(1).has_bytes());
  const TarArchive longer = read(make_tar({{"x", pax_record("linkpath", "../of/pax"), 'x'},
                                           {"a", "", '2', "short"},
                                           {"././@LongLink", "../of/gnu\0"s, 'K', "", kGnu},
                                           {"b", "", '2', "short"}}));
  EXPECT_EQ(longer.members.at(0).target, "../of/pax");
  EXPECT_EQ(longer.members.at(1).target, "../of/gnu");
}

TEST(Tar, TellsWhereReadersWouldDiffer) {
  TestTarMember member{"b", "y"};
  member.checksum_change = 1;
  EXPECT_THAT(faults({{"a", "x"}, member}), ElementsAre(HasSubstr("no header at byte 1024")));
  EXPECT_THAT(faults({{"a", "x"}, {"a", "y"}}), ElementsAre(HasSubstr("two members a")));
  EXPECT_THAT(faults({{"a", "x", 'Z'}}), ElementsAre(HasSubstr("a member a of the type Z")));
  EXPECT_THAT(faults({{"a", "x", '5'}}), ElementsAre(HasSubstr("which is no file")));
  EXPECT_THAT(faults({{"a", "x", '0', "", "ustar\0zz"s}}), ElementsAre(HasSubstr("no known kind")));
  TestTarMember prefixed{"name", "x", '0', "", kGnu};
  prefixed.prefix = "folder";
  EXPECT_THAT(faults({prefixed}), ElementsAre(HasSubstr("read in two ways")));
  const TestTarMember path{"x", pax_record("path", "b"), 'x'};
  EXPECT_THAT(faults({path, path, {"a", "x"}}), ElementsAre(HasSubstr("records twice")));
  const TestTarMember name{"x", "b", 'L'};
  EXPECT_THAT(faults({name, name, {"a", "x"}}), ElementsAre(HasSubstr("two long names")));
  EXPECT_THAT(faults({{"x", pax_record("size", "2"), 'x'}, {"a", "x"}}), ElementsAre(HasSubstr("two sizes")));
  EXPECT_THAT(faults({{"x", pax_record("size", "0x2"), 'x'}, {"a", "x"}}),
              ElementsAre(HasSubstr("a size that is none")));
  EXPECT_THAT(faults({{"x", pax_record("GNU.sparse.major", "1"), 'x'}, {"a", "x"}}), ElementsAre(HasSubstr("holes")));
  EXPECT_THAT(faults({{"x", pax_record("path", "b"), 'g'}, {"a", "x"}}), ElementsAre(HasSubstr("one path")));
  EXPECT_THAT(faults({{"a", "x"}, path}), ElementsAre(HasSubstr("before the member")));
  for (const std::string_view records :
       {"7 path=b", "99 path=b\n", "x path=b\n", "9 pathb=\nz", "2 \n", "9 =value\n", "9 path=bx", "0 path=b\n"})
    EXPECT_THAT(faults({{"x", std::string(records), 'x'}, {"a", "x"}}), Contains(HasSubstr("cannot be read")))
        << records;
}

TEST(Tar, TellsWhatDoesNotFit) {
  TestTarMember member{"a", "x"};
  for (const auto& [size, told] : std::initializer_list<std::pair<std::string, std::string>>{
           {"00000100000", "reaches past its end"},
           {"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"s, "reaches past its end"},
           {"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, "size that is no number"},
           {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, "size that is no number"},
           {"0x000000001", "size that is no number"},
           {"1 1", "size that is no number"}}) {
    member.size = size;
    EXPECT_THAT(faults({member}), ElementsAre(HasSubstr(told)));
  }
  member.type = 'L';
  member.size = "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"s;
  EXPECT_THAT(faults({member}), ElementsAre(HasSubstr("has records of 18446744073709551615 bytes")));
  member.size = "77777777777";
  EXPECT_THAT(faults({member}), ElementsAre(HasSubstr("has records of 8589934591 bytes")));
  const std::string good = make_tar({{"a", "x"}});
  EXPECT_THAT(read(good.substr(0, 1024)).faults, ElementsAre(HasSubstr("no end")));
  EXPECT_THAT(read(good.substr(0, 1030)).faults, ElementsAre(HasSubstr("middle of a header")));
  EXPECT_THAT(read(good.substr(0, 600)).faults, ElementsAre(HasSubstr("reaches past")));
  EXPECT_THAT(read(good + std::string(9000, '\0')).faults, IsEmpty());
  EXPECT_THAT(read(good + "more").faults, ElementsAre(HasSubstr("behind its end")));
  EXPECT_THAT(read(tar_member({"a", "x"}) + std::string(512, '\0') + make_tar({{"b", "x"}})).faults,
              ElementsAre(HasSubstr("behind its end")));
}

// Python's tarfile reads such numbers, and torch.load by it.
TEST(Tar, KnowsChecksumsHoweverTheyAreWritten) {
  const auto begins = [](const std::string& bytes) { return begins_as_tar(MemoryContent(as_bytes(bytes))).value(); };
  const std::string good = tar_member({"a", "x"});
  EXPECT_TRUE(begins(good));
  EXPECT_FALSE(begins(good.substr(0, 511)));
  EXPECT_FALSE(begins(std::string(512, '\0')));
  EXPECT_FALSE(begins(tar_member({"a", "x", '0', "", kBeforeBoth, "", "", 1})));
  const std::string digits = good.substr(149, 5);
  std::uint64_t sum = 0;
  for (const char c : digits) sum = sum * 8 + static_cast<std::uint64_t>(c - '0');
  const std::string bytes{'\x80', 0, 0, 0, 0, 0, static_cast<char>(sum >> 8U), static_cast<char>(sum & 0xffU)};
  for (std::string written : {"0o" + digits, "+" + digits, digits.substr(0, 1) + "_" + digits.substr(1), bytes}) {
    written.resize(8);
    std::string header = good;
    header.replace(148, 8, written);
    EXPECT_TRUE(begins(header)) << written;
    EXPECT_THAT(read(header + make_tar({})).faults, ElementsAre(HasSubstr("not all readers"))) << written;
  }
}

TEST(Tar, TakesSumsOfSignedBytes) {
  std::string header = tar_member({"\xff\xff", "x"});
  std::int64_t sum = 0;
  header.replace(148, 8, "        ");
  for (const char c : header.substr(0, 512)) sum += static_cast<signed char>(c);
  std::string digits(7, '\0');
  for (std::size_t i = 6; i-- > 0; sum /= 8) digits[i] = static_cast<char>('0' + sum % 8);
  header.replace(148, 7, digits);
  EXPECT_EQ(read(header + make_tar({})).members.size(), 1U);
}

TEST(Tar, EveryByteThatChangesDoesNoHarm) {
  const std::string good = make_tar({{"x", pax_record("path", "long"), 'x'}, {"a", "x"}, {"b", "", '1', "a"}});
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      EXPECT_TRUE(read_tar(MemoryContent(as_bytes(bytes))));
    }
}

}  // namespace
}  // namespace weightmark
