#include "attest/dsse.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

std::string text(const Bytes& bytes) { return std::string(as_text(bytes)); }

TEST(Pae, CountsBytes) {
  EXPECT_EQ(text(pae("application/vnd.in-toto+json", as_bytes("{}"))), "DSSEv1 28 application/vnd.in-toto+json 2 {}");
  // The example of the DSSE protocol, section "Test vectors".
  EXPECT_EQ(text(pae("http://example.com/HelloWorld", as_bytes("hello world"))),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(text(pae("", {})), "DSSEv1 0  0 ");
  EXPECT_EQ(text(pae("\xC3\xA9", as_bytes("\xE6\xA8\xA1"))), "DSSEv1 2 \xC3\xA9 3 \xE6\xA8\xA1");
  EXPECT_EQ(text(pae("t", Bytes{0, 255})), std::string("DSSEv1 1 t 2 \0\xFF", 15));
}

TEST(PaeV02, WritesAPythonLiteral) {
  EXPECT_EQ(text(pae_v02("t", as_bytes("{\"a\": 1}\n"))), "DSSEV1 1 t 9 b'{\"a\": 1}\\n'");
  EXPECT_EQ(text(pae_v02("t", as_bytes("\\\t\r\x01\xff"))), "DSSEV1 1 t 5 b'\\\\\\t\\r\\x01\\xff'");
  EXPECT_EQ(text(pae_v02("t", as_bytes("it's"))), "DSSEV1 1 t 4 b\"it's\"");
  EXPECT_EQ(text(pae_v02("t", as_bytes("'\""))), "DSSEV1 1 t 2 b'\\'\"'");
  EXPECT_EQ(text(pae_v02("t", {})), "DSSEV1 1 t 0 b''");
  EXPECT_EQ(text(pae_v02("t", Bytes{0, 0x1F, 0x20, 0x7E, 0x7F, 0x80})), "DSSEV1 1 t 6 b'\\x00\\x1f ~\\x7f\\x80'");
}

}  // namespace
}  // namespace weightmark
