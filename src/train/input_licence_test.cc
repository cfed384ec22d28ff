#include <gtest/gtest.h>

#include "model/model_testing.h"
#include "train/input_facts.h"

namespace weightmark {
namespace {

constexpr const char* kCroissant = R"({
  "@context": {"@language": "en", "@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"},
  "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0", "name": "mix",
  "license": "https://spdx.org/licenses/CC-BY-4.0.html",
  "distribution": [{"@type": "cr:FileObject", "@id": "a", "name": "a.txt", "contentUrl": "a.txt",
                    "encodingFormat": "text/plain",
                    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}]})";

class InputLicenceTest : public ::testing::Test {
 protected:
  MeasuredInput measure() const { return measure_input({"dataset", "train", "", folder_ / "data", ""}, {}).value(); }

  testing::TempFolder folder_;
};

TEST_F(InputLicenceTest, ComesFromTheCard) {
  folder_.write("data/a.txt", "abc");
  EXPECT_EQ(measure().facts.license, "");
  folder_.write("data/README.md", "---\nlicense: cc-by-4.0\n---\n# Mix\n");
  EXPECT_EQ(measure().facts.license, "cc-by-4.0");
  folder_.write("data/README.md", "---\nlicense: other\nlicense_name: acme-1\n---\n");
  EXPECT_EQ(measure().facts.license, "acme-1");
}

TEST_F(InputLicenceTest, ComesFromCroissant) {
  folder_.write("data/a.txt", "abc");
  folder_.write("data/README.md", "---\nlicense: mit\n---\n");
  folder_.write("data/croissant.json", kCroissant);
  const MeasuredInput input = measure();
  EXPECT_EQ(input.facts.license, "https://spdx.org/licenses/CC-BY-4.0.html");
  EXPECT_EQ(input.facts.croissant_sha256, find_file(input.manifest, "croissant.json")->digest->hex());
  EXPECT_TRUE(input.warnings.empty());
}

TEST_F(InputLicenceTest, WarnsOfWhatIsNotAsThePublisherHasIt) {
  folder_.write("data/a.txt", "poisoned");
  folder_.write("data/croissant.json", kCroissant);
  EXPECT_EQ(measure().warnings.size(), 1U);
}

TEST_F(InputLicenceTest, WarnsOfACardThatCannotBeRead) {
  folder_.write("data/a.txt", "abc");
  folder_.write("data/README.md", "---\nlicense: [a, [b\n---\n");
  const MeasuredInput input = measure();
  EXPECT_EQ(input.facts.license, "");
  EXPECT_EQ(input.warnings.size(), 1U);
}

}  // namespace
}  // namespace weightmark
