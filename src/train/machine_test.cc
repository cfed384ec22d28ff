#include "train/machine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace weightmark {
namespace {

namespace fs = std::filesystem;

class MachineTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_ / "proc"); }
  void TearDown() override { fs::remove_all(root_); }

  void write(const fs::path& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  fs::path root_ = fs::temp_directory_path() / ("weightmark-machine-" + std::to_string(::getpid()));
};

TEST_F(MachineTest, ReadsTheProcessorAndTheDriver) {
  write("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n");
  write("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  575.57.08  Sat May 24\nGCC\n");
  write("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H100\nIRQ: 1\n");
  write("proc/driver/nvidia/gpus/0000:02:00.0/information", "Model: \t\t NVIDIA H100\n");
  const Machine machine = read_machine(root_);
  EXPECT_TRUE(machine.cpu.ends_with(", Some CPU @ 2 GHz")) << machine.cpu;
  EXPECT_TRUE(machine.kernel.starts_with("Linux ")) << machine.kernel;
  EXPECT_EQ(machine.accelerators, (std::vector<Accelerators>{{"NVIDIA H100", 2, "575.57.08"}}));
}

TEST_F(MachineTest, HasNoAcceleratorsWhereThereAreNone) { EXPECT_TRUE(read_machine(root_).accelerators.empty()); }

}  // namespace
}  // namespace weightmark
