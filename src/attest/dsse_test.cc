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
}

TEST(PaeV02, WritesAPythonLiteral) {
  EXPECT_EQ(text(pae_v02("t", as_bytes("{\"a\": 1}\n"))), "DSSEV1 1 t 9 b'{\"a\": 1}\\n'");
  EXPECT_EQ(text(pae_v02("t", as_bytes("\\\t\r\x01\xff"))), "DSSEV1 1 t 5 b'\\\\\\t\\r\\x01\\xff'");
  EXPECT_EQ(text(pae_v02("t", as_bytes("it's"))), "DSSEV1 1 t 4 b\"it's\"");
  EXPECT_EQ(text(pae_v02("t", as_bytes("'\""))), "DSSEV1 1 t 2 b'\\'\"'");
}

}  // namespace
}  // namespace weightmark
