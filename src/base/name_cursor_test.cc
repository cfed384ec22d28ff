#include "base/name_cursor.h"

#include <gtest/gtest.h>

#include <string>

namespace weightmark {
namespace {

struct Item {
  std::string name;
};

TEST(NameCursor, FindsInAnyOrder) {
  const std::vector<Item> items = {{"a"}, {"b"}, {"d"}, {"e"}};
  NameCursor cursor(items);
  for (const char* name : {"a", "b", "d", "e", "b", "a", "a", "e", "d"}) {
    const Item* found = cursor.find(name);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(found->name, name);
  }
  for (const char* name : {"", "c", "z", "aa"}) EXPECT_EQ(cursor.find(name), nullptr) << name;
  EXPECT_EQ(cursor.find("b")->name, "b") << "after names that are not there";
}

TEST(NameCursor, FindsNothingInNothing) {
  const std::vector<Item> none;
  NameCursor cursor(none);
  EXPECT_EQ(cursor.find("a"), nullptr);
}

}  // namespace
}  // namespace weightmark
