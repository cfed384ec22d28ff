#include "train/python_package.h"

#include <gtest/gtest.h>

namespace weightmark {
namespace {

// SHA-256 of "abc", as RECORD spells it and in hex.
constexpr const char* kRecorded = "sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
constexpr const char* kHex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(PythonPackage, ReadsARecord) {
  const std::string text =
      std::string("torch/a.py,") + kRecorded + ",3\n" + "\"torch/a,b\"\"c\"\".py\"," + kRecorded + ",3\r\n" +
      "torch/__pycache__/a.cpython-312.pyc,,\n\ntorch/md5.py,md5=abc,1\ntorch/short.py,sha256=AAAA,1\n";
  EXPECT_EQ(parse_installed(text), (std::vector<PackageFile>{{"torch/a.py", kHex},
                                                              {"torch/a,b\"c\".py", kHex},
                                                              {"torch/__pycache__/a.cpython-312.pyc", ""},
                                                              {"torch/md5.py", ""},
                                                              {"torch/short.py", ""}}));
  EXPECT_TRUE(parse_installed("").empty());
  EXPECT_EQ(parse_installed("\"open").size(), 1U);
}

TEST(PythonPackage, ReadsMetadata) {
  EXPECT_EQ(
      parse_metadata("Metadata-Version: 2.4\nName: torch\nVersion: 2.8.0+cu128\nLicense-Expression: BSD-3-Clause\n"
                     "License: other\n\nName: not this\n"),
      (PackageMetadata{"torch", "2.8.0+cu128", "BSD-3-Clause"}));
  EXPECT_EQ(parse_metadata("Name: a\nLicense: MIT\n").license, "MIT");
  EXPECT_EQ(parse_metadata("Name: a\nLicense: " + std::string(200, 'x') + "\n").license, "");
  EXPECT_EQ(parse_metadata("no header"), PackageMetadata());
}

TEST(PythonPackage, HasAPurlAndAKind) {
  const auto package = [](std::string name, std::string version = "1") {
    return Package{{std::move(name), std::move(version), ""}, "", {}};
  };
  EXPECT_EQ(package("Jinja2", "3.1").purl(), "pkg:pypi/jinja2@3.1");
  EXPECT_EQ(package("nvidia_cuda.Runtime--cu12", "2.8.0+cu128").purl(),
            "pkg:pypi/nvidia-cuda-runtime-cu12@2.8.0%2Bcu128");
  EXPECT_EQ(package("torch").kind(), "framework");
  EXPECT_EQ(package("scikit_learn").kind(), "framework");
  EXPECT_EQ(package("nvidia-cublas-cu12").kind(), "accelerator-runtime");
  EXPECT_EQ(package("numpy").kind(), "package");
}

}  // namespace
}  // namespace weightmark
