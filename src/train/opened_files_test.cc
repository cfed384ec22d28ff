#include "train/opened_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/encoding.h"
#include "crypto/sha2.h"
#include "model/model_testing.h"

namespace weightmark {
namespace {

namespace fs = std::filesystem;

std::string sha256(std::string_view text) { return to_hex(sha2(Sha2::k256, as_bytes(text))); }

// Files are in a folder of the test's own, which is what the command sees.
class OpenedFilesTest : public ::testing::Test {
 protected:
  OpenedFile write(const std::string& name, const std::string& text) {
    folder_.write(name, text);
    struct stat status{};
    EXPECT_EQ(::stat((folder_.path() / name).c_str(), &status), 0);
    return {folder_.path() / name, false, status.st_dev, status.st_ino};
  }

  OpenedSummary classify(const std::vector<OpenedFile>& opened) {
    context_.inputs = &inputs_;
    return classify_opened(opened, context_).value();
  }

  void declare(const std::string& name) {
    InputSpec spec{"dataset", "train", "", folder_.path() / name, ""};
    inputs_.push_back(measure_input(spec, {}).value());
  }

  void install(const std::string& package, const std::string& record) {
    const std::string info = "venv/lib/python3.12/site-packages/" + package + "-1.0.dist-info/";
    folder_.write(info + "METADATA", "Name: " + package + "\nVersion: 1.0\nLicense-Expression: MIT\n");
    folder_.write(info + "RECORD", record);
  }

  const Dependency* find(const OpenedSummary& summary, std::string_view name) const {
    const auto found =
        std::ranges::find(summary.dependencies, name, [](const Dependency& it) { return it.resource.name; });
    return found == summary.dependencies.end() ? nullptr : &*found;
  }

  testing::TempFolder folder_;
  std::vector<MeasuredInput> inputs_;
  OpenedContext context_;
};

TEST_F(OpenedFilesTest, CountsWhatWasReadOfAnInput) {
  const OpenedFile one = write("data/a", "1");
  write("data/b", "2");
  declare("data");
  const OpenedSummary summary = classify({one, one});
  EXPECT_TRUE(summary.undeclared.empty());
  EXPECT_TRUE(summary.dependencies.empty());
  EXPECT_EQ(inputs_[0].facts.files_read, 1);
  EXPECT_EQ(inputs_[0].facts.evidence, kEvidenceObserved);
}

TEST_F(OpenedFilesTest, KnowsAnInputByItsInode) {
  OpenedFile file = write("data/a", "1");
  declare("data");
  file.path = "/somewhere/else";
  EXPECT_TRUE(classify({file}).undeclared.empty());
}

TEST_F(OpenedFilesTest, LeavesAnInputDeclaredThatWasNotOpened) {
  write("data/a", "1");
  declare("data");
  classify({});
  EXPECT_EQ(inputs_[0].facts.files_read, 0);
  EXPECT_EQ(inputs_[0].facts.evidence, kEvidenceDeclared);
}

TEST_F(OpenedFilesTest, TellsOfFilesThatNothingAccountsFor) {
  const OpenedFile file = write("stray/a", "1");
  const OpenedSummary summary = classify({file});
  EXPECT_EQ(summary.undeclared, std::vector<std::string>{file.path});
  const Dependency* found = find(summary, file.path);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->facts.undeclared, true);
  EXPECT_EQ(found->resource.digest("sha256"), sha256("1"));
}

TEST_F(OpenedFilesTest, PassesOverTheKernelsFiles) {
  EXPECT_TRUE(classify({{"/proc/self/status", false, 1, 1}, {"/sys/devices/x", false, 1, 2}}).undeclared.empty());
}

TEST_F(OpenedFilesTest, PutsTheSystemsFilesTogether) {
  const OpenedSummary summary = classify({{"/etc/passwd", false, 1, 1}});
  const Dependency* found = find(summary, "system");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->facts.files, 1);
  EXPECT_EQ(found->facts.digest_kind, "merkle-root");
  EXPECT_TRUE(summary.undeclared.empty());
}

TEST_F(OpenedFilesTest, KnowsTrackedFilesOfTheSource) {
  SourceTree source;
  source.root = folder_.path() / "source";
  source.tracked = {"train.py", "uv.lock"};
  context_.source = &source;
  const OpenedFile script = write("source/train.py", "1");
  const OpenedFile bytecode = write("source/__pycache__/train.cpython-312.pyc", "b");
  const OpenedFile lock = write("source/uv.lock", "l");
  const OpenedFile stray = write("source/local.py", "2");
  const OpenedFile foreign = write("source/__pycache__/local.cpython-312.pyc", "3");
  const OpenedSummary summary = classify({script, bytecode, lock, stray, foreign});
  EXPECT_EQ(summary.undeclared, (std::vector<std::string>{foreign.path, stray.path}));
  EXPECT_EQ(find(summary, "bytecode")->facts.files, 1);
  EXPECT_EQ(find(summary, "uv.lock")->facts.kind, "lockfile");
}

TEST_F(OpenedFilesTest, NamesPackagesWhoseCodeWasLoaded) {
  const std::string record = "torch/a.py,sha256=" + to_base64url(sha2(Sha2::k256, as_bytes("code"))) + ",4\n";
  install("torch", record);
  install("numpy", "numpy/a.py,,\n");
  const std::string site = "venv/lib/python3.12/site-packages/";
  const OpenedFile code = write(site + "torch/a.py", "code");
  const OpenedFile metadata = write(site + "numpy-1.0.dist-info/METADATA", "Name: numpy\nVersion: 1.0\n");
  const OpenedSummary summary = classify({code, metadata});
  const Dependency* torch = find(summary, "torch");
  ASSERT_NE(torch, nullptr);
  EXPECT_EQ(torch->resource.uri, "pkg:pypi/torch@1.0");
  EXPECT_EQ(torch->resource.digest("sha256"), sha256(record));
  EXPECT_EQ(torch->facts.kind, "framework");
  EXPECT_EQ(torch->facts.license, "MIT");
  EXPECT_EQ(torch->facts.loaded, true);
  // Its metadata was looked at, its code was not.
  EXPECT_EQ(find(summary, "numpy"), nullptr);
}

TEST_F(OpenedFilesTest, DoesNotBelieveAPackageThatWasTamperedWith) {
  install("torch", "torch/a.py,sha256=" + to_base64url(sha2(Sha2::k256, as_bytes("code"))) + ",4\n");
  const OpenedFile code = write("venv/lib/python3.12/site-packages/torch/a.py", "evil");
  const OpenedSummary summary = classify({code});
  EXPECT_EQ(summary.undeclared, std::vector<std::string>{code.path});
  ASSERT_EQ(summary.warnings.size(), 1U);
}

TEST_F(OpenedFilesTest, PutsBytecodeOfPackagesTogether) {
  install("torch", "torch/a.py,sha256=" + to_base64url(sha2(Sha2::k256, as_bytes("code"))) + ",4\n");
  const OpenedFile file = write("venv/lib/python3.12/site-packages/torch/__pycache__/a.cpython-312.pyc", "b");
  const OpenedSummary summary = classify({file});
  EXPECT_TRUE(summary.undeclared.empty());
  EXPECT_EQ(find(summary, "bytecode")->facts.merkle->leaves, 1);
  EXPECT_EQ(find(summary, "torch")->facts.loaded, true);
}

TEST_F(OpenedFilesTest, TellsOfWhatLayInAnOutputBefore) {
  const OpenedFile old = write("out/old", "1");
  const OpenedFile fresh = write("out/new", "2");
  context_.outputs = {folder_.path() / "out"};
  context_.before = {{old.path, sha256("before")}};
  const OpenedSummary summary = classify({old, fresh});
  EXPECT_EQ(summary.undeclared, std::vector<std::string>{old.path});
  EXPECT_EQ(find(summary, old.path)->resource.digest("sha256"), sha256("before"));
}

TEST_F(OpenedFilesTest, TellsOfTheProgramByItself) {
  const OpenedFile program = write("tools/trainer", "x");
  context_.programs = {program.path};
  const OpenedSummary summary = classify({program});
  EXPECT_TRUE(summary.undeclared.empty());
  EXPECT_EQ(find(summary, "program:trainer")->resource.digest("sha256"), sha256("x"));
}

TEST_F(OpenedFilesTest, TellsCodeApartFromDataInWhatIsReadable) {
  context_.declared = {folder_.path() / "tools"};
  const OpenedSummary summary = classify({write("tools/helper.py", "1"), write("tools/table.csv", "2")});
  EXPECT_TRUE(summary.undeclared.empty());
  EXPECT_EQ(find(summary, "readable-code")->facts.kind, "environment");
  EXPECT_EQ(find(summary, "readable")->facts.kind, "file");
  EXPECT_EQ(find(summary, "readable")->facts.files, 1);
}

TEST_F(OpenedFilesTest, TellsOfADataFileThatTheCommandNames) {
  const OpenedFile data = write("data.jsonl", "1");
  EXPECT_EQ(classify({data}).undeclared, std::vector<std::string>{data.path});
  context_.recorded = {data.path};
  EXPECT_TRUE(classify({data}).undeclared.empty());
}

TEST_F(OpenedFilesTest, TellsOfVeryManyTogether) {
  std::vector<OpenedFile> opened;
  for (int i = 0; i < 1001; ++i) opened.push_back(write("stray/" + std::to_string(i), "1"));
  const OpenedSummary summary = classify(opened);
  EXPECT_EQ(summary.undeclared.size(), 1001U);
  ASSERT_EQ(summary.dependencies.size(), 1U);
  EXPECT_EQ(summary.dependencies[0].facts.files, 1001);
  EXPECT_EQ(summary.dependencies[0].facts.undeclared, true);
}

}  // namespace
}  // namespace weightmark
