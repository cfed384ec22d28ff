#include "base/text.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(Printable, EscapesWhatSteersATerminal) {
  EXPECT_EQ(printable("plain \xC3\xA9 \xE6\xA8\xA1"), "plain \xC3\xA9 \xE6\xA8\xA1");
  EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7f"), "a\\nb\\tc\\x1b[31m\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b");                // C1: control sequence introducer
  EXPECT_EQ(printable("\xE2\x80\xAE""exe"), "\\xe2\\x80\\xaeexe");  // right-to-left override
  EXPECT_EQ(printable("\xE2\x81\xA6"), "\\xe2\\x81\\xa6");
  EXPECT_EQ(printable("\xFF\xC3"), "\\xff\\xc3");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(IsUtf8, FollowsTable37) {
  for (const char* good : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE1\x80", "a\xFF"})
    EXPECT_FALSE(is_utf8(bad)) << printable(bad);
}

TEST(HumanSize, UsesBinaryPrefixes) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(1023), "1023 B");
  EXPECT_EQ(human_size(1024), "1.0 KiB");
  EXPECT_EQ(human_size(1048575), "1.0 MiB");
  EXPECT_EQ(human_size(std::uint64_t{5} << 30U), "5.0 GiB");
}

TEST(Counts, AreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(plural(1, "file"), "1 file");
  EXPECT_EQ(plural(20000, "file"), "20,000 files");
}

TEST(Nearest, FindsSlipsOnly) {
  std::vector<std::string> names = {"--public-key", "--private-key", "--signature"};
  EXPECT_EQ(nearest("--pubic-key", names), "--public-key");
  EXPECT_EQ(nearest("--singature", names), "--signature");
  EXPECT_EQ(nearest("--zzz", names), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace weightmark
