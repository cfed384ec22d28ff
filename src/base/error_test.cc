#include "weightmark/error.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace weightmark {
namespace {

TEST(ErrorCodes, HaveUniqueNamesInKebabCase) {
  std::regex kebab("[a-z0-9]+(-[a-z0-9]+)*");
  std::set<std::string_view> names;
  for (ErrorCode code : all_codes()) {
    std::string name(code_name(code));
    EXPECT_TRUE(std::regex_match(name, kebab)) << name;
    EXPECT_TRUE(names.insert(code_name(code)).second) << name;
    EXPECT_EQ(find_code(name), code);
    EXPECT_TRUE(code_meaning(code).ends_with(".")) << name;
  }
  EXPECT_FALSE(find_code("no-such-code"));
}

TEST(ErrorCodes, AreExitStatuses) {
  EXPECT_EQ(static_cast<int>(code_class(ErrorCode::kFileMismatch)), 1);
  EXPECT_EQ(static_cast<int>(code_class(ErrorCode::kUsage)), 2);
  EXPECT_EQ(static_cast<int>(code_class(ErrorCode::kReadFailed)), 3);
  EXPECT_EQ(static_cast<int>(code_class(ErrorCode::kInterrupted)), 130);
}

TEST(Describe, EscapesQuotedNames) {
  EXPECT_EQ(describe({ErrorCode::kFileExtra, "is there", "a\nb", {}}), "a\\nb: is there");
  EXPECT_EQ(describe({ErrorCode::kUsage, "wrong", {}, {}}), "wrong");
}

}  // namespace
}  // namespace weightmark
