// The machine that a training runs on, as its kernel tells it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "attest/training.h"

namespace weightmark {

struct Machine {
  std::string cpu;                         // "x86_64, Intel(R) Xeon(R) …"
  std::string kernel;                      // "Linux 6.8.0"
  std::vector<Accelerators> accelerators;  // by model
};

// read_machine asks uname(2) and reads what lies under `root`, which is "/" but in tests:
// /proc/cpuinfo, and what NVIDIA's driver says in /proc/driver/nvidia.
Machine read_machine(const std::filesystem::path& root = "/");

}  // namespace weightmark
