#include "cli/parser.h"

#include <gmock/gmock.h>

#include "cli/time_limit.h"

namespace weightmark::cli {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

TEST(Normalise, UnderscoresInOptionNamesOnly) {
  EXPECT_THAT(normalise({"sign", "key", "--private_key=my_key.pem", "--ignore_paths", "a_b", "my_model"}),
              ElementsAre("sign", "key", "--private-key=my_key.pem", "--ignore-paths", "a_b", "my_model"));
  EXPECT_THAT(normalise({"digest", "--", "--my_model"}), ElementsAre("digest", "--", "--my_model"));
}

TEST(Normalise, AnEmptyValueIsAValue) {
  EXPECT_THAT(normalise({"digest", "--name=", "m"}), ElementsAre("digest", "--name", "", "m"));
  EXPECT_THAT(normalise({"digest", "--", "--name="}), ElementsAre("digest", "--", "--name="));
  EXPECT_THAT(normalise({"train", "key", "--", "", "[1,2]"}), ElementsAre("train", "key", "--", "=", "=[1,2]"));
  EXPECT_THAT(normalise({"train", "--", "true"}), ElementsAre("train", "sigstore", "--", "=true"));
}

TEST(Normalise, TheMethodIsSigstoreWhereNoneIsNamed) {
  EXPECT_THAT(normalise({"verify", "m"}), ElementsAre("verify", "sigstore", "m"));
  EXPECT_THAT(normalise({"verify", "--policy", "p", "m"}), ElementsAre("verify", "policy", "--policy", "p", "m"));
  EXPECT_THAT(normalise({"verify", "m", "--policy=p"}), ElementsAre("verify", "policy", "m", "--policy=p"));
  EXPECT_THAT(normalise({"verify", "--", "--policy"}), ElementsAre("verify", "sigstore", "--", "--policy"));
  EXPECT_THAT(normalise({"seal", "--policy", "p", "m"}), ElementsAre("seal", "policy", "--policy", "p", "m"));
  EXPECT_THAT(normalise({"sign", "--identity_token", "t", "m"}),
              ElementsAre("sign", "sigstore", "--identity-token", "t", "m"));
  EXPECT_THAT(normalise({"--log-level", "sign", "sign", "m"}),
              ElementsAre("--log-level", "sign", "sign", "sigstore", "m"));
  for (const std::string& method : methods())
    EXPECT_THAT(normalise({"verify", method, "m"}), ElementsAre("verify", method, "m"));
  EXPECT_THAT(normalise({"verify", "policy", "m"}), ElementsAre("verify", "policy", "m"));
  EXPECT_THAT(normalise({"verify", "--help"}), ElementsAre("verify", "--help"));
  EXPECT_THAT(normalise({"verify"}), ElementsAre("verify"));
}

TEST(Normalise, PinningIsVerifying) {
  EXPECT_THAT(normalise({"trust", "pin", "m"}), ElementsAre("verify", "sigstore", "--pin", "m"));
  EXPECT_THAT(normalise({"trust", "pin", "key", "m"}), ElementsAre("verify", "key", "--pin", "m"));
  EXPECT_THAT(normalise({"trust", "pin", "policy", "m"}), ElementsAre("verify", "policy", "--pin", "m"));
  EXPECT_THAT(normalise({"trust", "pin", "m", "--policy", "p"}),
              ElementsAre("verify", "policy", "--pin", "m", "--policy", "p"));
  EXPECT_THAT(normalise({"trust", "show"}), ElementsAre("trust", "show"));
}

TEST(Normalise, AModelMayBeCalledLikeACommand) {
  EXPECT_THAT(normalise({"digest", "sign", "--json"}), ElementsAre("digest", "sign", "--json"));
  EXPECT_THAT(normalise({"-t", "3m", "digest", "verify", "-q"}), ElementsAre("-t", "3m", "digest", "verify", "-q"));
}

TEST(Normalise, HelpAndVersionAsCommands) {
  EXPECT_THAT(normalise({"help"}), ElementsAre("--help"));
  EXPECT_THAT(normalise({"help", "sign", "key"}), ElementsAre("sign", "key", "--help"));
  EXPECT_THAT(normalise({"version"}), ElementsAre("--version"));
}

TEST(Normalise, NothingStaysNothing) { EXPECT_TRUE(normalise({}).empty()); }

TEST(ParseDuration, TakesWhatTheGoClientTakes) {
  EXPECT_EQ(parse_duration("3m"), milliseconds(180'000));
  EXPECT_EQ(parse_duration("1h30m"), milliseconds(5'400'000));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("1m500ms"), milliseconds(60'500));
  EXPECT_EQ(parse_duration("90"), milliseconds(90'000));
}

TEST(ParseDuration, RefusesTheRest) {
  for (const char* text : {"", "0", "0s", "-1s", "s", "1x", "1s ", " 1s", "1e9", "nan", "inf", "1h-1m", "99999999999h"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

}  // namespace
}  // namespace weightmark::cli
