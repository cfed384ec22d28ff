#include "net/curl_library.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(CurlLibrary, IsLoaded) {
  ASSERT_TRUE(CurlLibrary::get());
  EXPECT_STREQ(CurlLibrary::get()->easy_strerror(CURLE_OK), "No error");
}

TEST(CurlLibrary, IsMissedByName) {
  const auto none = CurlLibrary::load("libweightmark-nothing.so.4");
  EXPECT_EQ(code_name(none.error().code), "http-unavailable");
  EXPECT_EQ(none.error().subject, "libweightmark-nothing.so.4");
}

TEST(CurlLibrary, IsNotAnyLibrary) {
  const auto other = CurlLibrary::load("libm.so.6");
  EXPECT_EQ(code_name(other.error().code), "http-unavailable");
}

}  // namespace
}  // namespace weightmark
