#include "verify/license_expression.h"

#include <gtest/gtest.h>

#include <set>

namespace weightmark {
namespace {

std::optional<bool> holds(std::string_view expression) {
  static const std::set<std::string> accepted = {"mit", "apache-2.0", "gpl-2.0-only with classpath-exception-2.0",
                                                 "licenseref-acme"};
  return license_holds(expression, [](const std::string& one) { return accepted.contains(one); });
}

TEST(LicenseHolds, EvaluatesExpressions) {
  for (const std::string_view yes : {"MIT", "mit", "MIT OR GPL-3.0-only", "GPL-3.0-only or MIT", "MIT AND Apache-2.0",
                                     "GPL-3.0-only AND MIT OR MIT", "(GPL-3.0-only OR MIT) AND Apache-2.0",
                                     "GPL-2.0-only WITH Classpath-exception-2.0", "((MIT))", "LicenseRef-acme"})
    EXPECT_EQ(holds(yes), true) << yes;
  for (const std::string_view no : {"GPL-3.0-only", "MIT AND GPL-3.0-only", "GPL-3.0-only OR Proprietary",
                                    "GPL-2.0-only", "MIT WITH x", "MIT AND (GPL-3.0-only OR x)", "other"})
    EXPECT_EQ(holds(no), false) << no;
}

TEST(LicenseHolds, CannotTellOfOtherTexts) {
  for (const std::string_view text : {"", "MIT OR", "OR MIT", "MIT MIT", "(MIT", "MIT)", "()", "see LICENSE file",
                                      "MIT/x", "MIT WITH", "WITH MIT", "MIT AND OR MIT", "llama 3"})
    EXPECT_EQ(holds(text), std::nullopt) << text;
  EXPECT_EQ(holds(std::string(33, '(') + "MIT" + std::string(33, ')')), std::nullopt);
  EXPECT_EQ(holds(std::string(4097, 'a')), std::nullopt);
}

}  // namespace
}  // namespace weightmark
