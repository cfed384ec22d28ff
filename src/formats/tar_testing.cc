#include "formats/tar_testing.h"

#include <fmt/format.h>

namespace weightmark {
namespace {

constexpr std::size_t kBlock = 512;

void put(std::string& header, std::size_t offset, std::string_view value) {
  header.replace(offset, value.size(), value);
}

std::uint32_t sum_of(std::string_view header) {
  std::uint32_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  return sum;
}

}  // namespace

std::string tar_member(const TestTarMember& member) {
  std::string out(kBlock, '\0');
  put(out, 0, member.name);
  put(out, 100, "0000644");
  put(out, 124, member.size.empty() ? fmt::format("{:011o}", member.data.size()) : member.size);
  put(out, 148, "        ");
  put(out, 156, {&member.type, 1});
  put(out, 157, member.target);
  put(out, 257, member.magic);
  put(out, 345, member.prefix);
  put(out, 148, fmt::format("{:06o}", sum_of(out) + static_cast<std::uint32_t>(member.checksum_change)) + '\0');
  out += member.data;
  out.resize((out.size() + kBlock - 1) / kBlock * kBlock);
  return out;
}

std::string make_tar(const std::vector<TestTarMember>& members) {
  std::string out;
  for (const TestTarMember& member : members) out += tar_member(member);
  return out + std::string(2 * kBlock, '\0');
}

std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t size = rest + 1;
  while (rest + fmt::formatted_size("{}", size) != size) ++size;
  return fmt::format("{} {}={}\n", size, key, value);
}

}  // namespace weightmark
