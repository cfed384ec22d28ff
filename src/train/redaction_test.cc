#include "train/redaction.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace weightmark {
namespace {

const std::string kSecret = "hunter2/+?secret";
const Redaction kRedaction({kSecret, "another-one"});

TEST(Redaction, FindsSecretsWhereverTheyStand) {
  EXPECT_EQ(kRedaction.apply("a " + kSecret + " b another-one"), "a [redacted] b [redacted]");
  EXPECT_EQ(kRedaction.apply("nothing"), "nothing");
}

TEST(Redaction, FindsThemEncoded) {
  const ByteView bytes = as_bytes(kSecret);
  for (const std::string& form :
       {to_hex(bytes), to_base64(bytes), to_base64url(bytes), std::string("hunter2%2F%2B%3Fsecret")})
    EXPECT_TRUE(kRedaction.apply("x=" + form).starts_with("x=[redacted]")) << form;
}

TEST(Redaction, FindsThemInJson) {
  const Json value = Json::object({{"a", JsonArray{kSecret, 7}}, {kSecret, true}});
  EXPECT_EQ(kRedaction.json(value), Json::object({{"a", JsonArray{"[redacted]", 7}}, {"[redacted]", true}}));
}

TEST(Redaction, HidesValuesOfOptionsThatAreSecrets) {
  const Redaction none;
  const std::vector<std::string> words{"train", "--api-key",       "abc",        "--hf_token=xyz", "--max-tokens",
                                       "100",   "--tokenizer=bpe", "--password", "--lr",           "0.1"};
  const std::vector<std::string> clean{"train",        "--api-key", "[redacted]",      "--hf_token=[redacted]",
                                       "--max-tokens", "100",       "--tokenizer=bpe", "--password",
                                       "--lr",         "0.1"};
  EXPECT_EQ(none.command(words), clean);
}

}  // namespace
}  // namespace weightmark
