#include "base/text.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(Printable, EscapesWhatSteersATerminal) {
  EXPECT_EQ(printable("plain \xC3\xA9 \xE6\xA8\xA1"), "plain \xC3\xA9 \xE6\xA8\xA1");
  EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7f"), "a\\nb\\tc\\x1b[31m\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"), "\\xc2\\x9b");  // C1: control sequence introducer
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "exe"),
            "\\xe2\\x80\\xaeexe");  // right-to-left override
  EXPECT_EQ(printable("\xE2\x81\xA6"), "\\xe2\\x81\\xa6");
  // The rest of UAX #9's bidirectional controls, and the line separators.
  for (const char* control : {"\xD8\x9C", "\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x80\xA8", "\xE2\x80\xA9",
                              "\xE2\x80\xAA", "\xE2\x81\xA9", "\xC2\x80", "\xC2\x9F"})
    EXPECT_EQ(printable(control).front(), '\\') << printable(control);
  for (const char* text : {"\xC2\xA0", "\xD8\x9B", "\xE2\x80\x8D", "\xE2\x80\x90", "\xE2\x81\xA5", "\xF0\x9F\x98\x80"})
    EXPECT_EQ(printable(text), text);
  EXPECT_EQ(printable("\xFF\xC3"), "\\xff\\xc3");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(IsUtf8, FollowsTable37) {
  for (const char* good :
       {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE1\x80", "a\xFF"})
    EXPECT_FALSE(is_utf8(bad)) << printable(bad);
}

TEST(Excerpt, CutsBetweenCharacters) {
  EXPECT_EQ(excerpt("short"), "short");
  EXPECT_EQ(excerpt("abcdef", 6), "abcdef");
  EXPECT_EQ(excerpt("abcdef", 5), "abcde…");
  std::string face = "\xF0\x9F\x98\x80";
  EXPECT_EQ(excerpt(face + face, 8), face + face);
  for (std::size_t limit = 4; limit < 8; ++limit) EXPECT_EQ(excerpt(face + face, limit), face + "…") << limit;
  EXPECT_EQ(excerpt(face, 3), "…");
  EXPECT_EQ(excerpt("a\xFFz"), "a\\xffz");
  EXPECT_TRUE(is_utf8(excerpt(std::string(100, '\x80'), 50)));
  EXPECT_EQ(excerpt(std::string(100'000, 'x')).size(), 256 + std::string_view("…").size());
}

TEST(HumanSize, UsesBinaryPrefixes) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(1023), "1023 B");
  EXPECT_EQ(human_size(1024), "1.0 KiB");
  EXPECT_EQ(human_size(1048575), "1.0 MiB");
  EXPECT_EQ(human_size(std::uint64_t{5} << 30U), "5.0 GiB");
  EXPECT_EQ(human_size(UINT64_MAX), "16.0 EiB");
}

TEST(Counts, AreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(plural(1, "file"), "1 file");
  EXPECT_EQ(plural(20000, "file"), "20,000 files");
}

TEST(Nearest, FindsSlipsOnly) {
  std::vector<std::string> names = {"--public-key", "--private-key", "--signature"};
  EXPECT_EQ(nearest("--pubic-key", names), "--public-key");
  EXPECT_EQ(nearest("--singature", names), "--signature");
  EXPECT_EQ(nearest("--zzz", names), "");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest(std::string(1000, 'x'), names), "");
}

}  // namespace
}  // namespace weightmark
