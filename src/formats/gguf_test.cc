#include "formats/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

namespace weightmark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

GgufHeader read(const std::string& bytes) { return read_gguf(MemoryContent(as_bytes(bytes))).value(); }

// Writer makes the file piece by piece.
struct Writer {
  std::string out = "GGUF";

  Writer& number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xffU);
    return *this;
  }
  Writer& text(std::string_view value) {
    number(value.size(), 8);
    out += value;
    return *this;
  }
  Writer& tensor(std::string_view name, std::uint64_t rows, std::uint32_t type, std::uint64_t offset) {
    return text(name).number(1, 4).number(rows, 8).number(type, 4).number(offset, 8);
  }
  Writer& tensor(std::string_view name, std::initializer_list<std::uint64_t> shape, std::uint32_t type,
                 std::uint64_t offset) {
    text(name).number(shape.size(), 4);
    for (const std::uint64_t length : shape) number(length, 8);
    return number(type, 4).number(offset, 8);
  }
  Writer& data(std::size_t size) {
    out.resize((out.size() + 31) / 32 * 32 + size);
    return *this;
  }
};

Writer start(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
  return Writer().number(version, 4).number(tensors, 8).number(keys, 8);
}

constexpr std::uint32_t kText = 8;
constexpr std::uint32_t kArray = 9;

TEST(Gguf, ReadsKeysAndTensors) {
  Writer writer = start(2, 3);
  writer.text("general.name").number(kText, 4).text("tiny");
  writer.text("tokens").number(kArray, 4).number(kText, 4).number(2, 8).text("a").text("b");
  writer.text("tokenizer.chat_template").number(kText, 4).text("{{ x }}");
  writer.tensor("w", 8, 0, 0).tensor("v", 32, 8, 32).data(66);
  const GgufHeader header = read(writer.out);
  EXPECT_EQ(header.fault, "");
  EXPECT_THAT(header.keys, ElementsAre("general.name", "tokens", "tokenizer.chat_template"));
  EXPECT_EQ(header.tensors, 2U);
}

std::string fault(const Writer& writer) { return read(writer.out).fault; }

TEST(Gguf, TellsBrokenHeaders) {
  EXPECT_THAT(fault(start(0, 0, 1)), HasSubstr("version is 1"));
  EXPECT_THAT(fault(start(std::uint64_t{1} << 60U, 0)), HasSubstr("tensors"));  // CVE-2024-21836
  EXPECT_THAT(fault(start(0, std::uint64_t{1} << 60U)), HasSubstr("keys"));     // CVE-2024-23605
  EXPECT_THAT(fault(start(0, 1)), HasSubstr("middle"));
  EXPECT_THAT(fault(start(0, 1).text("k").number(99, 4)), HasSubstr("type 99"));
  EXPECT_THAT(fault(start(0, 1).text("k").number(7, 4).number(2, 1)), HasSubstr("truth value"));
  EXPECT_THAT(fault(start(0, 1).text("general.alignment").number(4, 4).number(24, 4)), HasSubstr("power of two"));
  EXPECT_THAT(fault(start(0, 2).text("k").number(0, 4).number(1, 1).text("k").number(0, 4).number(1, 1)),
              HasSubstr("twice"));
}

TEST(Gguf, TellsCountsThatWouldOverflow) {  // CVE-2024-21802, CVE-2024-21825, CVE-2024-23496
  const std::uint64_t huge = ~std::uint64_t{0};
  EXPECT_THAT(fault(start(0, 1).text("k").number(kText, 4).number(huge, 8)), HasSubstr("a text of"));
  EXPECT_THAT(fault(start(0, 1).text("k").number(kArray, 4).number(10, 4).number(huge / 8 + 2, 8)),
              HasSubstr("a list of"));
  EXPECT_THAT(fault(start(0, 1).number(huge, 8)), HasSubstr("a key of"));
  EXPECT_THAT(fault(start(1, 0).text("w").number(99, 4)), HasSubstr("dimensions"));
}

TEST(Gguf, TellsTensorsThatDoNotFit) {  // CVE-2025-53630: the sum of sizes went round
  EXPECT_THAT(fault(start(1, 0).tensor("w", 8, 0, 0).data(31)), HasSubstr("past the end"));
  EXPECT_THAT(fault(start(1, 0).tensor("w", 8, 0, ~std::uint64_t{31}).data(32)), HasSubstr("past the end"));
  EXPECT_THAT(fault(start(1, 0).tensor("w", std::uint64_t{1} << 63U, 0, 0).data(32)), HasSubstr("larger than any"));
  EXPECT_THAT(fault(start(1, 0).tensor("w", ~std::uint64_t{31}, 24, 32).data(64)), HasSubstr("past the end"));
  EXPECT_THAT(fault(start(1, 0).tensor("w", 8, 0, 4).data(64)), HasSubstr("aligned"));
  EXPECT_THAT(fault(start(2, 0).tensor("w", 16, 0, 0).tensor("v", 8, 0, 32).data(64)), HasSubstr("shares bytes"));
  EXPECT_THAT(fault(start(2, 0).tensor("w", 8, 0, 0).tensor("w", 8, 0, 32).data(64)), HasSubstr("twice"));
  EXPECT_THAT(fault(start(1, 0).tensor("w", 9, 2, 0).data(64)), HasSubstr("whole number of blocks"));
}

// Sizes that llama.cpp and Ollama came to other numbers for than the file has bytes, by the CVE.
TEST(Gguf, TellsTensorsThatReadersWouldMisjudge) {
  constexpr std::uint32_t kF32 = 0;
  constexpr std::uint32_t kI8 = 24;
  const std::uint64_t one = 1;
  // 2026-33298: as many elements as a number has room for, of which the bytes are 4 MiB again
  EXPECT_THAT(fault(start(1, 0).tensor("w", {one << 20U, (one << 42U) + 1}, kF32, 0).data(1U << 22U)),
              HasSubstr("the tensor w is larger than any file"));
  // 2026-27940: a sum just below where numbers begin anew; what is added to it goes over
  const std::uint64_t half = (one << 63U) - 64;
  EXPECT_THAT(fault(start(2, 0).tensor("v", {half}, kI8, 0).tensor("w", {half}, kI8, half).data(64)),
              HasSubstr("the tensor v reaches past the end"));
  // 2026-7482: a shape of more bytes than the file has behind the offset
  EXPECT_THAT(fault(start(1, 0).tensor("w", {1024, 1024}, kF32, 0).data(64)),
              HasSubstr("the tensor w reaches past the end"));
  EXPECT_THAT(fault(start(1, 0).tensor("w", {8}, kF32, 1U << 20U).data(64)),
              HasSubstr("the tensor w reaches past the end"));
}

TEST(Gguf, EveryByteThatChangesDoesNoHarm) {
  Writer writer = start(1, 1);
  writer.text("k").number(kArray, 4).number(kText, 4).number(1, 8).text("a").tensor("w", 8, 0, 0).data(32);
  for (std::size_t at = 0; at < writer.out.size(); ++at)
    for (const char change : {'\x01', '\x7f', '\x80', '\xff'}) {
      std::string bytes = writer.out;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      EXPECT_TRUE(read_gguf(MemoryContent(as_bytes(bytes))));
    }
}

}  // namespace
}  // namespace weightmark
