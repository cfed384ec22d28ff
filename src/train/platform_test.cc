#include "train/platform.h"

#include <gtest/gtest.h>

#include <map>

namespace weightmark {
namespace {

std::string id_of(const std::map<std::string, std::string>& variables) {
  return invocation_id([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(Platform, NamesTheRun) {
  EXPECT_EQ(id_of({{"GITHUB_SERVER_URL", "https://github.com"},
                   {"GITHUB_REPOSITORY", "acme/model"},
                   {"GITHUB_RUN_ID", "7"},
                   {"GITHUB_RUN_ATTEMPT", "2"}}),
            "https://github.com/acme/model/actions/runs/7/attempts/2");
  EXPECT_EQ(id_of({{"CI_PROJECT_URL", "https://gitlab.com/acme/model"}, {"CI_JOB_ID", "9"}}),
            "https://gitlab.com/acme/model/-/jobs/9");
  EXPECT_EQ(id_of({{"PROJECT_ID", "p"}, {"BUILD_ID", "b"}, {"LOCATION", "europe-west1"}}),
            "https://cloudbuild.googleapis.com/v1/projects/p/locations/europe-west1/builds/b");
  EXPECT_EQ(id_of({{"PROJECT_ID", "p"}, {"BUILD_ID", "b"}}),
            "https://cloudbuild.googleapis.com/v1/projects/p/locations/global/builds/b");
}

TEST(Platform, MakesUpAFreshNameElsewhere) {
  const std::string one = id_of({});
  EXPECT_TRUE(one.starts_with("urn:uuid:")) << one;
  EXPECT_EQ(one.size(), 45U);
  EXPECT_EQ(one[23], '4');
  EXPECT_NE(one, id_of({}));
}

TEST(Platform, KnowsWorkflowsFromPersons) {
  EXPECT_EQ(builder_of("https://github.com/acme/m/.github/workflows/train.yml@refs/heads/main"),
            "https://github.com/acme/m/.github/workflows/train.yml@refs/heads/main");
  EXPECT_EQ(builder_of("dev@acme.example"), kLocalBuilder);
  EXPECT_EQ(builder_of(""), kLocalBuilder);
}

}  // namespace
}  // namespace weightmark
