// Tar archives for tests, right ones and wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weightmark {

// TestTarMember is written as it is told, whatever that comes to.
struct TestTarMember {
  std::string name;
  std::string data;
  char type = '0';
  std::string target = {};  // of a link
  std::string magic = {"ustar\00000", 8};
  std::string prefix = {};
  std::string size = {};  // in place of that of the data
  int checksum_change = 0;
};

// tar_member is a header, the data and what fills up its last block.
std::string tar_member(const TestTarMember& member);

// make_tar has two blocks of zeros at its end.
std::string make_tar(const std::vector<TestTarMember>& members);

// pax_record is "LENGTH KEY=VALUE\n".
std::string pax_record(std::string_view key, std::string_view value);

}  // namespace weightmark
