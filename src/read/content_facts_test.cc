#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_testing.h"
#include "verify/bundle_testing.h"
#include "weightmark/content.h"
#include "weightmark/reader.h"
#include "weightmark/sign.h"

namespace weightmark {
namespace {

using namespace testing;

TEST(ContentFacts, AreOfVerifiedBytes) {
  TempFolder temp;
  temp.write("model/config.json", R"({"auto_map":{"AutoModel":"modeling.Model"}})");
  temp.write("model/modeling.py", "import os");
  temp.write("model/weights.bin", "weights");
  VerifyOptions options;
  options.model = temp / "model";
  options.trust = trust(a_key());
  options.time = kTestNow;
  HashOptions hash;
  hash.model = options.model;
  temp.write("model.sig", write_bundle(key_bundle(hash_model(hash).value().manifest)));
  const VerifiedModel model = VerifiedModel::open(options).value();

  const auto facts = content_facts(model);
  ASSERT_TRUE(facts) << describe(facts.error());
  ASSERT_EQ(facts->size(), 2U);
  EXPECT_EQ(facts->at(0).file, "config.json");
  EXPECT_EQ(facts->at(0).kind, ContentKind::kCode);
  EXPECT_EQ(facts->at(1).file, "modeling.py");

  temp.write("model/config.json", R"({"auto_map":{"AutoModel":"modeling.Modem"}})");
  EXPECT_EQ(code_of(content_facts(model)), "file-mismatch");
}

}  // namespace
}  // namespace weightmark
