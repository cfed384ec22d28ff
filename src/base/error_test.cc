#include "weightmark/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace weightmark {
namespace {

bool is_kebab_case(std::string_view name) {
  auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  bool hyphens_inside = !name.starts_with('-') && !name.ends_with('-') && name.find("--") == std::string_view::npos;
  return !name.empty() && hyphens_inside && std::ranges::all_of(name, allowed);
}

TEST(ErrorCodes, HaveUniqueNamesInKebabCase) {
  std::set<std::string_view> names;
  for (ErrorCode code : all_codes()) {
    std::string name(code_name(code));
    EXPECT_TRUE(is_kebab_case(name)) << name;
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
  EXPECT_EQ(describe({ErrorCode::kNameUtf8, "\x1b[2J", "\xFF", {}}), "\\xff: \\x1b[2J");
}

}  // namespace
}  // namespace weightmark
