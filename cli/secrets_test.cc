#include "cli/secrets.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace weightmark::cli {
namespace {

using testing::ElementsAre;

std::vector<std::string> hidden(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  hide_secrets(pointers);
  return arguments;
}

std::string taken(std::string_view shown) { return std::string(take_secret(shown).view()); }

TEST(Secrets, AreTakenOutOfTheCommandLine) {
  EXPECT_THAT(hidden({"sign", "key", "--password", "horse", "model"}),
              ElementsAre("sign", "key", "--password", "*****", "model"));
  EXPECT_EQ(taken("*****"), "horse");
  EXPECT_THAT(hidden({"--password=a=b", "model"}), ElementsAre("--password=***", "model"));
  EXPECT_EQ(taken("***"), "a=b");
  EXPECT_THAT(hidden({"--pkcs11-uri", "pkcs11:?pin-value=1"}), ElementsAre("--pkcs11-uri", std::string(19, '*')));
  EXPECT_EQ(taken(std::string(19, '*')), "pkcs11:?pin-value=1");
  EXPECT_THAT(hidden({"--pkcs11_uri=pkcs11:"}), ElementsAre("--pkcs11_uri=*******"));
  EXPECT_EQ(taken("*******"), "pkcs11:");
}

TEST(Secrets, AreGivenOutOnce) {
  hidden({"--password", "horse"});
  EXPECT_EQ(taken("*****"), "horse");
  EXPECT_EQ(taken("*****"), "*****");
}

TEST(Secrets, NothingElseIsHidden) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--password-file", "path"},
                                                                     {"--password"},
                                                                     {"--", "--password", "path"},
                                                                     {"password", "--passwords=x"},
                                                                     {}})
    EXPECT_EQ(hidden(arguments), arguments);
  EXPECT_EQ(taken("never hidden"), "never hidden");
}

}  // namespace
}  // namespace weightmark::cli
