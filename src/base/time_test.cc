#include "base/time.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace weightmark {
namespace {

std::int64_t nanoseconds(const char* text) {
  auto time = parse_rfc3339(text);
  return time ? time->time_since_epoch().count() : -1;
}

TEST(ParseRfc3339, TakesEverySpelling) {
  EXPECT_EQ(nanoseconds("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(nanoseconds("1970-01-01T00:00:01.5Z"), 1'500'000'000);
  EXPECT_EQ(nanoseconds("2022-10-31T23:59:59.999Z"), 1667260799'999000000);
  EXPECT_EQ(nanoseconds("2022-10-31T23:59:59.123456789Z"), 1667260799'123456789);
  EXPECT_EQ(nanoseconds("2022-11-01T00:59:59+01:00"), 1667260799'000000000);
  EXPECT_EQ(nanoseconds("2022-10-31T22:29:59-01:30"), 1667260799'000000000);
  EXPECT_EQ(nanoseconds("2024-02-29T00:00:00Z"), 1709164800'000000000);
}

TEST(ParseRfc3339, RefusesAnythingElse) {
  for (const char* text : {"",
                           "2022",
                           "2022-10-31",
                           "2022-10-31T23:59:59",
                           "2022-10-31 23:59:59Z",
                           "2022-10-31t23:59:59Z",
                           "2022-10-31T23:59:59z",
                           "2022-10-31T23:59Z",
                           "2022-13-01T00:00:00Z",
                           "2022-02-29T00:00:00Z",
                           "2022-00-10T00:00:00Z",
                           "2022-10-31T24:00:00Z",
                           "2022-10-31T23:60:00Z",
                           "2022-10-31T23:59:60Z",
                           "2022-10-31T23:59:59.Z",
                           "2022-10-31T23:59:59.1234567890Z",
                           "2022-10-31T23:59:59Zx",
                           " 2022-10-31T23:59:59Z",
                           "1969-12-31T23:59:59Z",
                           "2262-01-01T00:00:00Z",
                           "+022-10-31T23:59:59Z",
                           "2022-10-31T23:59:59+1:00",
                           "2022-10-31T23:59:59+01",
                           "2022-10-31T23:59:59+24:00"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(FormatRfc3339, IsReadBack) {
  for (const std::string_view text : {"1970-01-01T00:00:00Z", "2026-03-02T08:00:11Z", "2026-03-02T08:00:11.5Z",
                                      "2026-03-02T08:00:11.000000001Z", "2261-12-31T23:59:59.99Z"})
    EXPECT_EQ(format_rfc3339(parse_rfc3339(text).value()), text);
  EXPECT_EQ(format_rfc3339(parse_rfc3339("2026-03-02T01:30:00+02:00").value()), "2026-03-01T23:30:00Z");
}

}  // namespace
}  // namespace weightmark
