#include "base/encoding.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weightmark {
namespace {

TEST(Base64, MatchesRfc4648) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    ASSERT_TRUE(from_base64(encoded)) << encoded;
    EXPECT_EQ(as_text(*from_base64(encoded)), plain);
  }
}

TEST(Base64, HasOneSpelling) {
  for (const char* text :
       {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm-_", "====", "Z===", "=m9v", "Zm=v"})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Base64, TakesEveryByte) {
  Bytes bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  for (std::size_t size = 250; size <= bytes.size(); ++size) {
    ByteView part = ByteView(bytes).first(size);
    auto decoded = from_base64(to_base64(part));
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(std::ranges::equal(*decoded, part)) << size;
    EXPECT_TRUE(std::ranges::equal(*from_hex(to_hex(part)), part)) << size;
  }
}

TEST(Base64, RefusesEveryForeignCharacter) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0; i < 256; ++i) {
    char c = static_cast<char>(i);
    EXPECT_EQ(from_base64(std::string("AA") + c + "A").has_value(), kAlphabet.find(c) != std::string_view::npos) << i;
  }
}

TEST(Base64Url, HasAnAlphabetOfItsOwnAndNoPadding) {
  EXPECT_EQ(to_base64url(as_bytes("\xfb\xff")), "-_8");
  EXPECT_EQ(to_base64url({}), "");
  EXPECT_EQ(*from_base64url("-_8"), (Bytes{0xfb, 0xff}));
  EXPECT_EQ(*from_base64url("YWJj"), (Bytes{'a', 'b', 'c'}));
  for (const char* text : {"+/8", "-_8=", "-_9", "A", "YWJj\n", " YWJj"}) EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Hex, IsStrict) {
  EXPECT_EQ(to_hex(as_bytes("\x01\xab")), "01ab");
  EXPECT_EQ(*from_hex("01aB"), (Bytes{1, 0xAB}));
  for (const char* text : {"0", "0g", "0x", " 0", "+1"}) EXPECT_FALSE(from_hex(text)) << text;
}

}  // namespace
}  // namespace weightmark
