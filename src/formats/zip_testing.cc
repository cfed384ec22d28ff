#include "formats/zip_testing.h"

namespace weightmark {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xffU);
}

void put_sizes(std::string& out, const TestMember& member, std::uint32_t crc) {
  put(out, crc + member.crc_change, 4);
  put(out, member.data.size(), 4);
  put(out, member.data.size() + member.size_change, 4);
}

void put_local(std::string& out, const TestMember& member, std::uint32_t crc) {
  const std::string& name = member.local_name.empty() ? member.name : member.local_name;
  put(out, 0x04034b50, 4);
  put(out, 20, 2);
  put(out, member.local_flags, 2);
  put(out, member.method, 2);
  put(out, 0, 4);
  put_sizes(out, member, crc);
  put(out, name.size(), 2);
  put(out, 0, 2);
  out += name + member.data;
}

void put_entry(std::string& out, const TestMember& member, std::uint32_t crc, std::uint64_t local) {
  put(out, 0x02014b50, 4);
  put(out, 3U << 8U | 20U, 2);
  put(out, 20, 2);
  put(out, member.flags, 2);
  put(out, member.method, 2);
  put(out, 0, 4);
  put_sizes(out, member, crc);
  put(out, member.name.size(), 2);
  put(out, 0, 8);
  put(out, std::uint64_t{member.mode} << 16U, 4);
  put(out, local, 4);
  out += member.name;
}

}  // namespace

std::string make_zip(const std::vector<TestMember>& members) {
  std::string out;
  std::string directory;
  for (const TestMember& member : members) {
    const std::uint32_t crc = crc32(MemoryContent(as_bytes(member.data))).value();
    put_entry(directory, member, crc, out.size());
    put_local(out, member, crc);
  }
  const std::size_t begin = out.size();
  out += directory;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);
  put(out, members.size(), 2);
  put(out, members.size(), 2);
  put(out, directory.size(), 4);
  put(out, begin, 4);
  put(out, 0, 2);
  return out;
}

}  // namespace weightmark
