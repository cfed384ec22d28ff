#include "trust/python_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weightmark {
namespace {

using ::testing::ElementsAreArray;

// In the order of the Python package "packaging" 26.4; those of a line are equal.
const std::vector<std::vector<std::string>> kOrder = {
    {"0.dev"},
    {"0.alpha", "0a"},
    {"0-beta3", "0_b_3"},
    {"0-rc.1", "0.preview.1", "0c1", "0pre1"},
    {"0", "0.0.0"},
    {"1.0.dev"},
    {"1.0dev1"},
    {"1.0.dev456"},
    {"1.0a0.dev0+1"},
    {"1.0a.dev1", "1.0adev1"},
    {"1a0dev1+a"},
    {"1.0a0+2.b"},
    {"1.0a.post0.dev0+a"},
    {"1.0a0.post0.dev0+2.b"},
    {"1.0a.post0dev1+2.b"},
    {"1.0a.post+a", "1a0.post+a"},
    {"1a0.post+a.1"},
    {"1.0a.post1"},
    {"1.0a0-2dev1+a.1"},
    {"1.0a0r3"},
    {"1.0.a.1", "1.0a1"},
    {"1.0a2.dev456"},
    {"1.0a-2+a"},
    {"1a-2+a.1"},
    {"1.0a12.dev456"},
    {"1.0a12"},
    {"1.0b1.dev456"},
    {"1.0b2.dev0"},
    {"1.0b2"},
    {"1.0b2.post0.dev0"},
    {"1b2.post0.dev0+1"},
    {"1.0b2.post0+a"},
    {"1.0b2.post+1"},
    {"1.0b2r3.dev0+2.b"},
    {"1.0b2r3+a.1"},
    {"1.0b2.post345.dev456"},
    {"1.0b2.post345"},
    {"1.0rc1.dev456"},
    {"1.0rc1"},
    {"1rc1+1"},
    {"1.0rc1+2.b"},
    {"1rc1.post0.dev0+a.1"},
    {"1rc1.post0"},
    {"1rc1.post0+a"},
    {"1.0rc1.post2.dev3+x.1"},
    {"1.0rc1-2+a"},
    {"1.0rc1r3.dev0+a"},
    {"1.0-c.3.dev0+a.1"},
    {"1-c.3.post0.dev0"},
    {"1-c.3-2dev1+a.1"},
    {"1-c.3r3dev1+1"},
    {"1.0"},
    {"1.0+a.1"},
    {"1.0+ABC"},
    {"1.0+abc.5"},
    {"1.0+abc.7"},
    {"1.0+ubuntu-1", "1.0+ubuntu.1", "1.0+ubuntu_1"},
    {"1.0+001", "1.0+1"},
    {"1.0+1.a"},
    {"1.0+5"},
    {"1.0.post0.dev0"},
    {"1.0.post.dev2"},
    {"1.0post", "1.post0"},
    {"1.0-2dev1+1"},
    {"1.0r3.dev0"},
    {"1r3.dev0+1"},
    {"1.0r3dev1+1"},
    {"1.0-post5", "1.0.post-5"},
    {"1.0.post456.dev34"},
    {"1.0.post456"},
    {"1.0.0.0.0.1"},
    {"1.0.15"},
    {"1.1.dev1"},
    {"1.1adev1+a"},
    {"1.1a0-2dev1+a"},
    {"1.1b2+a"},
    {"1.1b2.post0"},
    {"1.1b2r3dev1+a.1"},
    {"1.1rc1.post0dev1+a"},
    {"1.1rc1-2.dev0+a.1"},
    {"1.1rc1-2.dev0+2.b"},
    {"1.1rc1-2dev1+a.1"},
    {"1.1rc1r3"},
    {"1.1-c.3+a"},
    {"1.1-c.3.postdev1+1"},
    {"1.1-c.3.post0+a"},
    {"1.1-c.3r3dev1+2.b"},
    {"1.1-2.dev0+a.1"},
    {"1.2.3a-"},
    {"1.2.3-alpha-1"},
    {" 1.2.3 ", "01.02.03", "1.02.3"},
    {"2.5.1", "v2.5.1"},
    {"2.5.1+cu121"},
    {"2.5.1.post0"},
    {"2.5.1-1", "2.5.1-r1", "2.5.1.Post1", "2.5.1.rev1"},
    {"2.6.0.dev20250101+cu126"},
    {"2.6.0rc1"},
    {"2.6.0rc9+cu118"},
    {"2.6", "2.6.0"},
    {"2.6.0+cpu"},
    {"2.6.0+cu124"},
    {"2.6.0+cu124.post1"},
    {"2.9.0a0.post0.dev0+1"},
    {"2.9.0a.postdev1+a.1"},
    {"2.9.0a.post0+a"},
    {"2.9.0ar3dev1+1"},
    {"2.9.0a0r3+a"},
    {"2.9.0a-2.dev0+a.1"},
    {"2.9.0a-2dev1+a"},
    {"2.9.0b2r3+2.b"},
    {"2.9.0rc1.dev0+1"},
    {"2.9.0rc1.dev0+2.b"},
    {"2.9.0rc1dev1+2.b"},
    {"2.9.0rc1.post0dev1+a.1"},
    {"2.9.0rc1r3dev1+1"},
    {"2.9.0-c.3.post0+2.b"},
    {"2.9.0-c.3-2dev1+2.b"},
    {"2.9.0-2dev1+a"},
    {"2.9.0r3dev1+a.1"},
    {"2.10.dev0+a.1"},
    {"2.10a.dev0+1"},
    {"2.10a0.postdev1+2.b"},
    {"2.10a.post+1", "2.10a0.post0+1"},
    {"2.10b2.dev0+a"},
    {"2.10b2-2+a.1"},
    {"2.10b2-2+1"},
    {"2.10-c.3+2.b"},
    {"2.10-c.3.post+a.1"},
    {"2.10-c.3r3.dev0+a"},
    {"2.10-2dev1+a.1"},
    {"2.10r3dev1"},
    {"4.9.2"},
    {"4.10.0"},
    {"4.55.0.dev0"},
    {"4.55.0"},
    {"12.8.90"},
    {"2024.10.1"},
    {"20240101"},
    {"999999999999999999.1"},
    {"1!0"},
    {"1!0.1"},
    {"1!1a0-2+a"},
    {"1!1b2+a"},
    {"1!1rc1-2dev1"},
    {"1!1.1-c.3dev1+1"},
    {"1!2.9.0rc1-2dev1+a"},
    {"1!2.9.0r3.dev0"},
    {"1!2.10b2dev1"},
};

TEST(PythonVersion, IsOrderedAsPep440Says) {
  for (std::size_t i = 0; i < kOrder.size(); ++i)
    for (std::size_t j = 0; j < kOrder.size(); ++j)
      for (const std::string& left : kOrder[i])
        for (const std::string& right : kOrder[j]) {
          const auto a = PythonVersion::parse(left);
          const auto b = PythonVersion::parse(right);
          ASSERT_TRUE(a) << left;
          ASSERT_TRUE(b) << right;
          EXPECT_EQ(*a <=> *b, i <=> j) << left << " and " << right;
          EXPECT_EQ(*a == *b, i == j) << left << " and " << right;
        }
}

TEST(PythonVersion, RefusesOtherTexts) {
  for (const std::string text :
       {"",      "1.0+", "1.0.",   "1..0", "a1",      "1.0+a..b", "1.0+a+b",        "1.0x",        "latest",
        "1.0.*", "main", "1.0 1",  "1!",   "!1",      "1!2!3",    "1.0.dev1.post2", "1.0.post1a1", "1.0+é",
        "v",     "vv1",  "1.0\t1", "-1.0", "1.0a1b2", "1.0-",     "1.0a1."})
    EXPECT_FALSE(PythonVersion::parse(text)) << text;
  EXPECT_FALSE(PythonVersion::parse("1." + std::string(19, '9')));
  EXPECT_FALSE(PythonVersion::parse("1.0+" + std::string(19, '9')));
  EXPECT_FALSE(PythonVersion::parse("1" + std::string(256, '0')));
}

struct RangeCase {
  std::string range;
  std::vector<std::string> contained;
};

// By the order alone, which "packaging" also gives.
const RangeCase kRanges[] = {
    {"<2.6",
     {"2.6.0rc1", "2.6.0.dev20250101+cu126", "2.5.1", "2.5.1+cu121", "2.5.1.post0", "2.5.0", "2.5.1rc1", "2.4.9",
      "2.5"}},
    {"<2.6.0",
     {"2.6.0rc1", "2.6.0.dev20250101+cu126", "2.5.1", "2.5.1+cu121", "2.5.1.post0", "2.5.0", "2.5.1rc1", "2.4.9",
      "2.5"}},
    {"<=2.5.1", {"2.5.1", "2.5.1+cu121", "2.5.0", "2.5.1rc1", "2.4.9", "2.5"}},
    {">2.5.1", {"2.6.0", "2.6.0rc1", "2.6.0.dev20250101+cu126", "2.6.0+cu124", "2.5.1.post0", "1!0", "3.0"}},
    {">=2.5.1",
     {"2.6.0", "2.6.0rc1", "2.6.0.dev20250101+cu126", "2.6.0+cu124", "2.5.1", "2.5.1+cu121", "2.5.1.post0", "1!0",
      "3.0"}},
    {"==2.5.1", {"2.5.1", "2.5.1+cu121"}},
    {"==2.5.*", {"2.5.1", "2.5.1+cu121", "2.5.1.post0", "2.5.0", "2.5.1rc1", "2.5"}},
    {"!=2.5.*", {"2.6.0", "2.6.0rc1", "2.6.0.dev20250101+cu126", "2.6.0+cu124", "2.4.9", "1!0", "3.0"}},
    {"!=2.5.1",
     {"2.6.0", "2.6.0rc1", "2.6.0.dev20250101+cu126", "2.6.0+cu124", "2.5.1.post0", "2.5.0", "2.5.1rc1", "2.4.9", "1!0",
      "3.0", "2.5"}},
    {"~=2.5.1", {"2.5.1", "2.5.1+cu121", "2.5.1.post0"}},
    {"~=2.5",
     {"2.6.0", "2.6.0rc1", "2.6.0.dev20250101+cu126", "2.6.0+cu124", "2.5.1", "2.5.1+cu121", "2.5.1.post0", "2.5.0",
      "2.5.1rc1", "2.5"}},
    {">=2,<2.5.1", {"2.5.0", "2.5.1rc1", "2.4.9", "2.5"}},
    {"==2.5.1+cu121", {"2.5.1+cu121"}},
    {"<2.6.0+cu124",
     {"2.6.0", "2.6.0rc1", "2.6.0.dev20250101+cu126", "2.5.1", "2.5.1+cu121", "2.5.1.post0", "2.5.0", "2.5.1rc1",
      "2.4.9", "2.5"}},
    {"<=1!0",
     {"2.6.0", "2.6.0rc1", "2.6.0.dev20250101+cu126", "2.6.0+cu124", "2.5.1", "2.5.1+cu121", "2.5.1.post0", "2.5.0",
      "2.5.1rc1", "2.4.9", "1!0", "3.0", "2.5"}},
};

TEST(PackageRange, ContainsVersionsByTheirOrder) {
  const std::vector<std::string> versions = {"2.6.0",       "2.6.0rc1", "2.6.0.dev20250101+cu126",
                                             "2.6.0+cu124", "2.5.1",    "2.5.1+cu121",
                                             "2.5.1.post0", "2.5.0",    "2.5.1rc1",
                                             "2.4.9",       "1!0",      "3.0",
                                             "2.5"};
  for (const RangeCase& test : kRanges) {
    const auto range = PackageRange::parse("Torch" + test.range);
    ASSERT_TRUE(range) << test.range;
    EXPECT_EQ(range->name(), "torch");
    std::vector<std::string> contained;
    for (const std::string& version : versions)
      if (range->contains(PythonVersion::parse(version).value())) contained.push_back(version);
    EXPECT_THAT(contained, ElementsAreArray(test.contained)) << test.range;
  }
}

TEST(PackageRange, TakesPackageUrlsAndNames) {
  EXPECT_EQ(PackageRange::parse("pkg:pypi/torch<2.6.0").value().name(), "torch");
  EXPECT_EQ(PackageRange::parse("Flash_Attn.x >= 2, <2.5").value().name(), "flash-attn-x");
  EXPECT_TRUE(PackageRange::parse("torch").value().contains(PythonVersion::parse("0").value()));
}

TEST(PackageRange, RefusesWhatItCannotRead) {
  for (const std::string text : {"", "<2", "torch<", "torch<x", "torch===2", "torch<2.*", "torch~=2", "pkg:npm/torch<2",
                                 "torch 2", "-torch", "torch;<2"}) {
    const auto range = PackageRange::parse(text);
    ASSERT_FALSE(range) << text;
    EXPECT_EQ(range.error().code, ErrorCode::kPolicyMalformed) << text;
  }
}

TEST(ParsePypiUrl, DecodesNamesAndVersions) {
  const auto package = parse_pypi_url("pkg:pypi/Flash_Attn@2.8.0%2Bcu128?file_name=x.whl#y");
  ASSERT_TRUE(package);
  EXPECT_EQ(package->name, "flash-attn");
  EXPECT_EQ(package->version, "2.8.0+cu128");
  EXPECT_EQ(parse_pypi_url("pkg:pypi/torch").value().version, "");
  EXPECT_EQ(parse_pypi_url("pkg:pypi/torch@1%").value().version, "1%");
  EXPECT_FALSE(parse_pypi_url("pkg:npm/torch@1"));
}

}  // namespace
}  // namespace weightmark
