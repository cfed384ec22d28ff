#include "model/selection.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

TEST(Selection, OfNothingIsEverything) {
  EXPECT_TRUE(Selection().everything());
  EXPECT_TRUE(Selection().selects("a/b"));
}

TEST(Selection, TakesGlobs) {
  Selection shards({"model-0000[1-4]*", "tokenizer.json"});
  EXPECT_TRUE(shards.selects("model-00003-of-00009.safetensors"));
  EXPECT_FALSE(shards.selects("model-00005-of-00009.safetensors"));
  EXPECT_TRUE(shards.selects("tokenizer.json"));
  EXPECT_FALSE(shards.selects("tokenizer.json2"));
  EXPECT_FALSE(shards.selects("sub/tokenizer.json"));
}

TEST(Selection, StaysWithinAComponent) {
  EXPECT_FALSE(Selection::matches("*.bin", "sub/a.bin"));
  EXPECT_TRUE(Selection::matches("*/a.bin", "sub/a.bin"));
  EXPECT_TRUE(Selection::matches("*", ".hidden"));
}

TEST(Selection, TakesAFolderForAllInIt) {
  EXPECT_TRUE(Selection::matches("sub", "sub/deep/a.bin"));
  EXPECT_FALSE(Selection::matches("sub", "submarine"));
  EXPECT_FALSE(Selection::matches("su", "sub/a"));
}

}  // namespace
}  // namespace weightmark
