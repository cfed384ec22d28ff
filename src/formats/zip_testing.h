// ZIP archives for tests, right ones and wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/zip_archive.h"

namespace weightmark {

// TestMember is written as it is told, whatever that comes to.
struct TestMember {
  std::string name;
  std::string data;
  std::string local_name = {};  // where it differs
  std::uint16_t flags = 0;
  std::uint16_t local_flags = 0;
  std::uint16_t method = 0;
  std::uint32_t mode = 0100644;
  std::uint32_t crc_change = 0;   // added to the checksum
  std::uint32_t size_change = 0;  // added to the size, not to the compressed size
};

std::string make_zip(const std::vector<TestMember>& members);

}  // namespace weightmark
